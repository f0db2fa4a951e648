"""What every store has in common."""

from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol


class Listed(NamedTuple):
    """An object as the list of a bucket has it. There may be very many of them."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An object that was written to a file."""

    etag: str
    """Which may be another one than was listed: then the object has changed in the meantime."""
    size: int
    sha256: str
    """Of its bytes, in hex."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list, and what leads to the next one."""

    objects: list[Listed]
    token: str = ""
    """Of the next page; empty on the last one."""


class Bucket(Protocol):
    """One bucket, with the login for it. Every method raises the BucketError and the WebError tree.

    Time limits are the caller's (`asyncio.timeout`).
    """

    async def page(self, prefix: str, token: str) -> Page:
        """Objects whose keys begin with the prefix: the first of them, or those that the token of a page leads to."""

    async def fetch(self, listed: Listed, into: BinaryIO, *, limit: int) -> Fetched:
        """Write an object to a file: as it is now, of at most `limit` bytes.

        Raises:
            NoObjectError: it is gone.
        """
