"""What the Secrets that a source names say: data, and the proxies described in them."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from sluice import kube, web

_SECRETS = kube.Resource(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)
_PROXY_SCHEMES = ("http", "https", "socks5")
_LONGEST_ADDRESS = 2048


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

    async def tls(self, namespace: str, name: str) -> web.TLS:
        """The certificates of a Secret; raises ValueError in Flux's words, or the KubeError tree."""
        shown = f"{namespace}/{name}"
        try:
            return tls_of(await self.read(namespace, name), shown)
        except kube.NotFound:
            raise ValueError(f"secret '{shown}' not found") from None


def tls_of(data: Mapping[str, bytes], shown: str) -> web.TLS:
    """The certificates of a Secret's data; `shown` is the Secret's name in errors. Raises ValueError."""
    certificate, key, ca = (
        data.get(name, data.get(older, b""))
        for name, older in (("tls.crt", "certFile"), ("tls.key", "keyFile"), ("ca.crt", "caFile"))
    )
    if bool(certificate) != bool(key):
        held, missing = ("tls.crt", "tls.key") if certificate else ("tls.key", "tls.crt")
        raise ValueError(f"secret '{shown}' contains '{held}' but missing '{missing}'")
    if not certificate and not ca:
        raise ValueError(f"secret '{shown}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'")
    return web.TLS(ca=ca, certificate=certificate, key=key)


def proxy_of(data: Mapping[str, bytes], shown: str) -> web.Proxy:
    """The proxy of a Secret's data; `shown` is the Secret's name in errors. Raises ValueError."""
    if "address" not in data:
        raise ValueError(f"secret '{shown}': key 'address' not found")
    address = data["address"].decode(errors="replace")
    if complaint := _complaint(address):
        raise ValueError(f"secret '{shown}': {complaint}")
    parts = urlsplit(address)
    return web.Proxy(
        address=web.shown(address),
        username=data.get("username", b"").decode(errors="replace") or unquote(parts.username or ""),
        password=data.get("password", b"").decode(errors="replace") or unquote(parts.password or ""),
    )


def _complaint(address: str) -> str:
    """What is wrong with the address of a proxy; empty when nothing."""
    if not address:
        return "proxy address is empty"
    if len(address) > _LONGEST_ADDRESS:
        return f"proxy URL exceeds maximum length of {_LONGEST_ADDRESS} characters"
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return f"failed to parse proxy address '{web.shown(address)}'"
    if parts.scheme not in _PROXY_SCHEMES:
        schemes = ", ".join(_PROXY_SCHEMES)
        return f"proxy URL must use one of the supported schemes ({schemes}), got '{parts.scheme}'"
    return "" if parts.hostname else f"proxy address '{web.shown(address)}' has no host"


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        # The API server accepts nothing else, so this is a Secret that no server of ours wrote.
        return b""
