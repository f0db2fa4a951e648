"""One request, wherever the registry sends its visitor: the login stays with the registry."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import aiohttp

from sluice import web
from sluice.oci.errors import RegistryError

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 10
_AUTHORIZATION: Final = "Authorization"
_PORTS: Final = {"http": 80, "https": 443}
_WRITTEN: Final = "%/:=&?~#+!$,;'@()*[]"
"""Characters that an address has as they are: those of signed ones must not be touched."""


@asynccontextmanager
async def followed(
    asker: web.Web, method: str, url: str, *, access: web.Access, headers: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer, of whatever status, at the end of at most ten redirects, without any encoding undone.

    Who is redirected to is shown no login, is not asked without TLS if the registry was asked with it, and is no
    address of this machine or its network that the registry may know of and the user did not name.
    """
    target, sent = url, {"Accept-Encoding": "identity", **headers}
    for _ in range(_MOST_REDIRECTS + 1):
        async with asker.request(
            method, target, access=access, headers=sent, redirects=False, verbatim=True
        ) as response:
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or not location:
                yield response
                return
            target = _next(url, target, location)
        if origin(target) != origin(url):
            sent.pop(_AUTHORIZATION, None)
    raise RegistryError(f'{method.capitalize()} "{web.shown(url)}": stopped after 10 redirects')


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: whom a login is for."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _next(first: str, current: str, location: str) -> str:
    try:
        target = urljoin(current, quote(location, safe=_WRITTEN))
        scheme, host, _ = origin(target)
    except ValueError:
        scheme, host = "", None
    if scheme not in _PORTS or not host:
        raise RegistryError(f'"{web.shown(first)}" redirects to what is not on an HTTP server')
    if scheme == "http" and origin(first)[0] == "https":
        raise RegistryError(f'"{web.shown(first)}" redirects to a server without TLS')
    if host != origin(first)[1] and is_internal(host):
        raise RegistryError(f'"{web.shown(first)}" redirects to an address of a private network')
    return target


def is_internal(host: str) -> bool:
    """Whether the host is written as an address that no public server has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global
