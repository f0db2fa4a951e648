"""Proxies on the way to a server."""

import base64
import functools
import os
import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080}

_VARIABLES = tuple(
    name
    for each in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method")
    for name in (each, each.upper())
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Proxy:
    """An http, https or socks5 proxy; its address may be shown, its login may not."""

    address: str
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"<Proxy {self.address}>"

    @property
    def socks(self) -> bool:
        """Whether it speaks SOCKS."""
        return urlsplit(self.address).scheme == "socks5"

    @property
    def secure(self) -> bool:
        """Whether the way to it is secured by TLS."""
        return urlsplit(self.address).scheme == "https"

    @property
    def endpoint(self) -> tuple[str, int]:
        """Its host and port."""
        parts = urlsplit(self.address)
        return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)

    def headers(self) -> dict[str, str] | None:
        """The login for the proxy, if any; aiohttp makes it a Proxy-Authorization where it belongs."""
        return {"Authorization": basic(self.username, self.password)} if self.username else None

    def url(self) -> str:
        """The address with the login in it: never to be shown."""
        if not self.username:
            return self.address
        scheme, _, rest = self.address.partition("://")
        return f"{scheme}://{quote(self.username, safe='')}:{quote(self.password, safe='')}@{rest}"


def of_environment(url: str) -> Proxy | None:
    """The proxy that the usual variables name for an address; for what is not HTTP's that is `ALL_PROXY`."""
    asked = urlsplit(url)
    if not asked.hostname:
        return None
    scheme = asked.scheme if asked.scheme in ("http", "https") else "all"
    return _named(scheme, asked.hostname, tuple(map(os.environ.get, _VARIABLES)))


@functools.lru_cache(maxsize=1000)
def _named(scheme: str, host: str, _variables: tuple[str | None, ...]) -> Proxy | None:
    """What the variables are now is part of the question: the library reads all of the environment to answer it."""
    if urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies().get(scheme)
    if not named:
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    return Proxy(
        address=shown(parts.geturl()), username=unquote(parts.username or ""), password=unquote(parts.password or "")
    )


def basic(username: str, password: str) -> str:
    """The value of a header of basic authentication."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def shown(text: str) -> str:
    """An address as it may appear in a message: without user and password, otherwise as it was written."""
    head, mark, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{head}{mark}{authority.rpartition('@')[2]}{slash}{path}" if mark else text
