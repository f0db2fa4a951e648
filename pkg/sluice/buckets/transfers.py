"""What the classes of all stores do with answers."""

import hashlib
import re
from collections.abc import Mapping
from typing import BinaryIO, Final
from urllib.parse import quote, urlencode

import aiohttp

from sluice.buckets.errors import AnswerError, LimitError
from sluice.buckets.objects import Fetched

CHUNK: Final = 1 << 16
PAGE_BYTES: Final = 8 << 20
"""Of one page of a list; a thousand of the longest keys take less."""
SAID_BYTES: Final = 1 << 16
"""Of what a store says when it refuses."""
_MOST_TOLD: Final = 1024
_QUERY: Final = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*")


async def save(response: aiohttp.ClientResponse, into: BinaryIO, *, etag: str, limit: int) -> Fetched:
    """Write the body to a file. Raises LimitError when it is longer than it may be."""
    digest, size = hashlib.sha256(), 0
    async for chunk in response.content.iter_chunked(CHUNK):
        size += len(chunk)
        if size > limit:
            raise LimitError(f"the object is larger than {limit} bytes")
        digest.update(chunk)
        into.write(chunk)
    return Fetched(etag=etag, size=size, sha256=digest.hexdigest())


async def said(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of an answer that is an error."""
    body = b""
    while len(body) < SAID_BYTES and (part := await response.content.read(SAID_BYTES - len(body))):
        body += part
    return body


def told(response: aiohttp.ClientResponse, body: bytes) -> str:
    """What an error says that is in no form we know: its status, or its beginning as one line of text."""
    text = " ".join(body[:_MOST_TOLD].decode("utf-8", "replace").split())
    return text or f"{response.status} {response.reason or ''}".rstrip()


def query_of(asked: Mapping[str, str]) -> str:
    """A query as signatures want it: in order, and everything encoded that can be."""
    return urlencode(sorted(asked.items()), quote_via=quote, safe="-_.~")


def unqueried(text: str) -> str:
    """A text whose addresses have lost their queries, which may be logins."""
    return _QUERY.sub(r"\1", text)


def number(text: str) -> int:
    """A size as lists have them. Raises AnswerError."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise AnswerError("the answer has a size that is no number")
    return int(text)
