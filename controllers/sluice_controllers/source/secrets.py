"""What the Secrets that a source names say: data, and the proxies described in them."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import urlsplit

from sluice import kube, web

_SECRETS = kube.Resource(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)
_PROXY_SCHEMES = ("http", "https", "socks5")


class Secrets:
    """Reads Secrets of the object's own namespace."""

    def __init__(self, client: kube.Client) -> None:
        self._client = client

    async def read(self, namespace: str, name: str) -> Mapping[str, bytes]:
        """The decoded data; raises the KubeError tree."""
        secret = await self._client.get(_SECRETS, name, namespace)
        return {key: _decoded(value) for key, value in (secret.get("data") or {}).items()}

    async def proxy(self, namespace: str, name: str) -> web.Proxy:
        """The proxy that a Secret describes; raises ValueError in Flux's words, or the KubeError tree."""
        shown = f"{namespace}/{name}"
        try:
            return proxy_of(await self.read(namespace, name), shown)
        except kube.NotFound:
            raise ValueError(f"secret '{shown}' not found") from None


def proxy_of(data: Mapping[str, bytes], shown: str) -> web.Proxy:
    """The proxy of a Secret's data; `shown` is the Secret's name in errors. Raises ValueError."""
    address = data.get("address", b"").decode(errors="replace").strip()
    if not address:
        raise ValueError(f"secret '{shown}': key 'address' not found")
    parts = urlsplit(address)
    if len(address) > 2048 or parts.scheme not in _PROXY_SCHEMES or not parts.hostname:
        raise ValueError(f"secret '{shown}': 'address' is not the URL of an http, https or socks5 proxy")
    return web.Proxy(
        address=web.shown(address),
        username=data.get("username", b"").decode(errors="replace") or parts.username or "",
        password=data.get("password", b"").decode(errors="replace") or parts.password or "",
    )


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        # The API server accepts nothing else, so this is a Secret that no server of ours wrote.
        return b""
