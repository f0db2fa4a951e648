"""Which keys a server may have, by the text of a `known_hosts` file; see "SSH_KNOWN_HOSTS FILE FORMAT" in sshd(8).

libssh2 knows neither wildcards nor negation nor revocation, and looks a server up by where it is connected to. So the
lines of one server are found here, and it is given those alone, under the address that it will use.
"""

import base64
import binascii
import fnmatch
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sluice.git.errors import CredentialsError

_SSH_PORT = 22
_CERTIFICATES, _REVOKED = "@cert-authority", "@revoked"
_BRACKETS = re.compile(r"\[(?P<host>[^\]]*)\]:(?P<port>[0-9]+)")


@dataclass(frozen=True, kw_only=True)
class HostKey:
    """A public key of a server."""

    kind: str
    key: str
    """In base64."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    marker: str
    hosts: str
    key: HostKey


def keys_of(text: bytes, host: str, port: int) -> tuple[HostKey, ...]:
    """The keys that the server may have, one of each kind; raises CredentialsError for what is no such file.

    Authorities count for nothing: host certificates are not supported.
    """
    lines = list(_lines(text))
    revoked = {line.key.key for line in lines if line.marker == _REVOKED}
    found: dict[str, HostKey] = {}
    for line in lines:
        if not line.marker and _matches(line.hosts, host, port):
            found.setdefault(line.key.kind, line.key)
    return tuple(key for key in found.values() if key.key not in revoked)


def check(text: bytes) -> None:
    """Raise CredentialsError for what is no such file."""
    for _ in _lines(text):
        pass


def _lines(text: bytes) -> Iterator[_Line]:
    for raw in text.decode(errors="replace").splitlines():
        line = raw.strip()
        if line and not line.startswith("#"):
            yield _parsed(line.split())


def _parsed(words: list[str]) -> _Line:
    marker = words.pop(0) if words[0] in (_CERTIFICATES, _REVOKED) else ""
    if len(words) < 2:
        raise CredentialsError("knownhosts: knownhosts: missing host pattern")
    if len(words) < 3:
        raise CredentialsError("knownhosts: knownhosts: missing key type pattern")
    try:
        blob = base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        raise CredentialsError("knownhosts: illegal base64 data") from None
    # The kind is read from the key itself, as the word before it is anybody's.
    size = int.from_bytes(blob[:4], "big")
    if not 0 < size <= len(blob) - 4:
        raise CredentialsError("knownhosts: ssh: short read")
    return _Line(
        marker=marker, hosts=words[0], key=HostKey(kind=blob[4 : 4 + size].decode("ascii", "replace"), key=words[2])
    )


def _matches(hosts: str, host: str, port: int) -> bool:
    if hosts.startswith("|"):
        return _is_hash_of(hosts, host if port == _SSH_PORT else f"[{host}]:{port}")
    matched = False
    for each in filter(None, hosts.split(",")):
        name = each.removeprefix("!")
        bracketed = _BRACKETS.fullmatch(name)
        pattern, wanted = (bracketed["host"], int(bracketed["port"])) if bracketed else (name, _SSH_PORT)
        if wanted == port and _fits(pattern, host):
            if each != name:
                return False
            matched = True
    return matched


def _fits(pattern: str, host: str) -> bool:
    # Only `*` and `?` mean something; to fnmatch a bracket would too.
    return fnmatch.fnmatchcase(host.lower(), pattern.lower().replace("[", "[[]"))


def _is_hash_of(hashed: str, name: str) -> bool:
    parts = hashed.split("|")
    if len(parts) != 4 or parts[1] != "1":
        raise CredentialsError("knownhosts: knownhosts: this is no hash of a host")
    try:
        salt, digest = base64.b64decode(parts[2], validate=True), base64.b64decode(parts[3], validate=True)
    except (binascii.Error, ValueError):
        raise CredentialsError("knownhosts: illegal base64 data") from None
    return hmac.compare_digest(hmac.digest(salt, name.encode(), hashlib.sha1), digest)
