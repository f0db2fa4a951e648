"""Names of what is in registries, as Docker and Go's container libraries read them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final

from sluice.oci.errors import InvalidReferenceError

SCHEME: Final = "oci://"
DEFAULT_TAG: Final = "latest"
_HUB: Final = "index.docker.io"
_HUB_ALIAS: Final = "docker.io"
_PATHS: Final = "abcdefghijklmnopqrstuvwxyz0123456789_-./"
_TAGS: Final = "abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]*)?")
_LOCAL: Final = re.compile(r"localhost:.*|.*\.localhost(?::\d{1,5})?|127\.0\.0\.1(?::\d{1,5})?|\[::1\](?::\d{1,5})?")
_PRIVATE: Final = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_HEX: Final = re.compile(r"[0-9a-f]*")
_HEX_DIGITS: Final = 64


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository of a registry."""

    registry: str
    """Host, and port if one was named."""
    path: str
    insecure: bool = False
    """The registry may be spoken to without TLS, as may those of this machine and of private networks."""

    @classmethod
    def of_url(cls, url: str, *, insecure: bool = False) -> Repository:
        """The repository at `oci://registry/path`; raises InvalidReferenceError if it is none, or names a tag."""
        if not url.startswith(SCHEME):
            raise InvalidReferenceError("URL must be in format 'oci://<domain>/<org>/<repo>'")
        return cls.parse(url.removeprefix(SCHEME), insecure=insecure)

    @classmethod
    def parse(cls, text: str, *, insecure: bool = False) -> Repository:
        """The repository called `registry/path`; Docker Hub's when the registry is left out. As `of_url`."""
        if not text:
            raise InvalidReferenceError("a repository name must be specified")
        first, slash, rest = text.partition("/")
        if not slash or (first != "localhost" and not any(mark in first for mark in ".:")):
            first, rest = _HUB, text
        _check("repository", rest, _PATHS, 255)
        if not _AUTHORITY.fullmatch(first):
            # Whoever puts a login into the address has it in the spec already; it need not be in the status, too.
            shown = first.rpartition("@")[2]
            raise InvalidReferenceError(f"registries must be valid RFC 3986 URI authorities: {shown}")
        registry = _HUB if first == _HUB_ALIAS else first
        path = f"library/{rest}" if registry == _HUB and "/" not in rest else rest
        return cls(registry=registry, path=path, insecure=insecure)

    @property
    def plain(self) -> bool:
        """Whether the registry may be asked without TLS when it does not speak it."""
        return self.insecure or bool(_LOCAL.fullmatch(self.registry)) or _is_private(self.registry)

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}"

    def child(self, name: str) -> Repository:
        """The repository below this one, as charts lie below their repository's address. As `of_url`."""
        path = f"{self.path.rstrip('/')}/{name}"
        _check("repository", path, _PATHS, 255)
        return replace(self, path=path)

    def tag(self, name: str) -> Reference:
        """What a tag of the repository leads to; raises InvalidReferenceError."""
        _check("tag", name, _TAGS, 128)
        return Reference(repository=self, tag=name)

    def digest(self, digest: str) -> Reference:
        """The manifest with this digest; raises InvalidReferenceError."""
        return Reference(repository=self, digest=checked(digest))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A manifest of a repository, by tag or by digest."""

    repository: Repository
    tag: str = ""
    digest: str = ""

    @property
    def identifier(self) -> str:
        """What stands for it in the registry's addresses."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


def checked(digest: str) -> str:
    """The digest, if it is one of SHA-256; raises InvalidReferenceError in the words of Go's container library."""
    algorithm, colon, value = digest.partition(":")
    if not colon or not algorithm or not value:
        raise InvalidReferenceError(f'cannot parse hash: "{digest}"')
    good = _HEX.match(value)
    assert good is not None
    if good.end() < len(value):
        raise InvalidReferenceError(f"found non-hex character in hash: {value[good.end()]}")
    if algorithm != "sha256":
        raise InvalidReferenceError(f'unsupported hash: "{algorithm}"')
    if len(value) != _HEX_DIGITS:
        raise InvalidReferenceError(f"wrong number of hex digits for {algorithm}: {value}")
    return digest


def _check(what: str, text: str, allowed: str, most: int) -> None:
    if not 1 <= len(text) <= most:
        raise InvalidReferenceError(f"{what} must be between 1 and {most} characters in length: {text}")
    if text.strip(allowed) or any(letter not in allowed for letter in text):
        raise InvalidReferenceError(f"{what} can only contain the characters `{allowed}`: {text}")
    if what == "repository" and any(part in ("", ".", "..") for part in text.rstrip("/").split("/")):
        # Not Go's: an address with such a path would be another one by the time it is asked for.
        raise InvalidReferenceError(f"repository has an empty or relative part: {text}")


def _is_private(registry: str) -> bool:
    try:
        address = ipaddress.IPv4Address(registry.partition(":")[0])
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE)
