"""Addresses of repositories."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from sluice.git.errors import UnsupportedError

_PORTS = {"http": 80, "https": 443, "ssh": 22}


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

        Raises ValueError for what is no address and UnsupportedError for other schemes; neither text repeats
        a login.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise ValueError("not a valid address") from None
        if parts.scheme not in _PORTS and not (files and parts.scheme == "file"):
            raise UnsupportedError(f"unknown transport '{parts.scheme}'")
        if not parts.hostname and parts.scheme != "file":
            raise ValueError("the address names no host")
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
        return urlunsplit((self.scheme, self.netloc, self.path, "", ""))

    def __repr__(self) -> str:
        return f"<RepositoryURL {self}>"


def shown(text: str) -> str:
    """``text`` as it may appear in a message: without user and password, otherwise as it was written."""
    head, mark, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{head}{mark}{authority.rpartition('@')[2]}{slash}{path}" if mark else text
