"""Digests as artifacts state them: ``sha256:<hex>``."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import blake3

from sluice.artifact.errors import DigestError, DigestMismatchError

DEFAULT_ALGORITHM = "sha256"
ALGORITHMS = ("sha256", "sha384", "sha512", "sha1", "blake3")
"""What artifacts can be made and checked with."""

_CHUNK = 1 << 20
_HEX = re.compile(r"[0-9a-f]+")


class Hash(Protocol):
    """A running digest."""

    @property
    def digest_size(self) -> int:
        """Its length in bytes."""

    def update(self, data: bytes, /) -> object:
        """Take ``data`` in."""

    def hexdigest(self) -> str:
        """The digest of everything taken in so far."""


@dataclass(frozen=True)
class Digest:
    """An algorithm and a value."""

    algorithm: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Read ``algorithm:hex``; bare hex is sha256. Raises DigestError."""
        algorithm, colon, value = text.rpartition(":")
        digest = cls(algorithm if colon else DEFAULT_ALGORITHM, value)
        if len(digest.value) != 2 * new(digest.algorithm).digest_size or not _HEX.fullmatch(value):
            raise DigestError(f"'{text}' is not a digest")
        return digest

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"

    def check(self, running: Hash) -> None:
        """Raise DigestMismatchError unless ``running`` has come to this digest."""
        if not hmac.compare_digest(running.hexdigest(), self.value):
            raise DigestMismatchError(f"computed digest doesn't match '{self}'")


def new(algorithm: str) -> Hash:
    """An empty running digest; raises DigestError for an algorithm that is not among those above."""
    if algorithm not in ALGORITHMS:
        raise DigestError(f"unsupported digest algorithm '{algorithm}': this build knows {', '.join(ALGORITHMS)}")
    return blake3.blake3() if algorithm == "blake3" else hashlib.new(algorithm)


def of_file(path: Path, algorithm: str) -> Hash:
    """The digest of a file's bytes. Reads it all: not for the event loop."""
    running = new(algorithm)
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            running.update(chunk)
    return running
