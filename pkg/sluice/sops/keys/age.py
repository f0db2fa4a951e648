"""age: X25519 identities, and SSH keys without a passphrase. The only door to pyrage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyrage

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.metadata import Entry

_PREFIX: Final = "AGE-SECRET-KEY-1"
_SSH: Final = "-----BEGIN "


def identities(text: str) -> Iterator[Any]:
    """The identities of a key file: one a line, or an SSH private key.

    Raises:
        InvalidKey: something else stands there.
    """
    if text.lstrip().startswith(_SSH):
        yield _ssh(text.strip() + "\n")
        return
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if line and not line.startswith("#"):
            yield _identity(line, number)


def _identity(line: str, number: int) -> Any:
    if not line.upper().startswith(_PREFIX):
        raise InvalidKey(f"unknown identity type in line {number}: only AGE-SECRET-KEY-1… and SSH keys are supported")
    try:
        return pyrage.x25519.Identity.from_str(line)
    except pyrage.IdentityError:
        raise InvalidKey(f"malformed secret key in line {number}") from None


def _ssh(text: str) -> Any:
    try:
        return pyrage.ssh.Identity.from_buffer(text.encode())
    except pyrage.IdentityError:
        raise InvalidKey("the SSH key is of a kind that age does not know, or has a passphrase") from None


class Age:
    """Opens data keys with age identities."""

    def __init__(self, found: Iterable[Any]) -> None:
        """`found` are those of `identities`."""
        self._identities = list(found)

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        if not self._identities:
            raise KeyUnavailable("there is no age identity at hand")
        try:
            return bytes(pyrage.decrypt(entry.enc.encode("utf-8", "surrogateescape"), self._identities))
        except pyrage.DecryptError:
            raise KeyUnavailable("no age identity at hand opens it") from None
