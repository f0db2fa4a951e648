"""Addresses of repositories."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sluice.git.errors import UnsupportedError
from sluice.web.proxies import shown

_PORTS = {"http": 80, "https": 443, "ssh": 22}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
FAILURE = "failure"
"""Below an outlet: why the last thing that was asked of it could not be had; empty when it could."""
ELSEWHERE = "elsewhere/"
"""Below an outlet, before an address: where a server has led to that was not asked itself."""
_NOT_IN_HOST = re.compile(r"[ \\^`{|}]")


@dataclass(frozen=True, kw_only=True)
class RepositoryURL:
    """A parsed address. ``str()`` gives it without user and password, so it may be shown."""

    scheme: str
    host: str
    port: int
    path: str
    username: str = ""
    password: str = ""

    @classmethod
    def parse(cls, text: str, *, files: bool = False) -> "RepositoryURL":
        """Read an http, https or ssh address, or a ``file`` one where ``files`` allows it.

        Raises ValueError, in the words of Go's parser, for what is no address and UnsupportedError for other
        schemes; neither text repeats a login.
        """
        if complaint := _complaint(text):
            raise ValueError(f'parse "{shown(text)}": {complaint}')
        parts = urlsplit(text)
        port = parts.port
        if parts.scheme not in _PORTS and not (files and parts.scheme == "file"):
            raise UnsupportedError(f"unknown transport '{parts.scheme}'")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=port or _PORTS.get(parts.scheme, 0),
            path=parts.path,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def netloc(self) -> str:
        """Host and, when it is not the scheme's own, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme, 0) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"

    def __repr__(self) -> str:
        return f"<RepositoryURL {self}>"


def _complaint(text: str) -> str:
    """What Go's parser has against an address; empty when nothing."""
    if _CONTROL.search(text):
        return "net/url: invalid control character in URL"
    host = text.partition("://")[2].partition("/")[0].rpartition("@")[2]
    if host.startswith("[") and "]" not in host:
        return "missing ']' in host"
    if odd := _NOT_IN_HOST.search(host):
        return f'invalid character "{odd.group()}" in host name'
    port = host.rpartition("]")[2].partition(":")[1:]
    if port[0] and not re.fullmatch("[0-9]*", port[1]):
        return f'invalid port ":{port[1]}" after host'
    try:
        _ = urlsplit(text).port
    except ValueError:
        return "not a valid address"
    return ""


def forwarded(outlet: str, address: str, *, elsewhere: bool = False) -> str:
    """The http or https ``address``, which has no login, as it is asked for through the outlet at that address."""
    scheme, _, rest = address.partition("://")
    return f"{outlet}/{ELSEWHERE if elsewhere else ''}{scheme}/{rest}"
