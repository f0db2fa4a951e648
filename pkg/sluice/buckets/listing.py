"""A whole bucket, read within limits, whatever a store says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from sluice.buckets.errors import AnswerError, BucketError, LimitError
from sluice.buckets.objects import Bucket, Listed
from sluice.web import WebError

_EMPTY_PAGES: Final = 100
"""In a row. A store that goes through deleted objects may give some."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one bucket may be."""

    count: int = 100_000
    """Objects, those that are left out of the artifact included."""
    size: int = 1 << 30
    """Bytes of all objects of the artifact together."""


class FirstPageError(Exception):
    """Not even the first page could be had; the cause is why."""


async def everything(bucket: Bucket, prefix: str, limits: Limits, *, deadline: float) -> list[Listed]:
    """All objects of the bucket whose keys begin with the prefix, as they were listed.

    `deadline` is on the event loop's clock.

    Raises:
        FirstPageError: from the BucketError or WebError that the first request ended with.
        BucketError: a later one did, or the list has no end or is too long.
        TimeoutError: it took longer than it may.
    """
    found: list[Listed] = []
    seen: set[str] = set()
    empty = 0
    token = ""
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                page = await bucket.page(prefix, token)
        except (BucketError, WebError, TimeoutError) as error:
            if not seen:
                raise FirstPageError from error
            raise
        found += page.objects
        if len(found) > limits.count:
            raise LimitError(f"the bucket has more than {limits.count} objects")
        token = page.token
        if not token:
            return found
        empty = 0 if page.objects else empty + 1
        if token in seen or empty > _EMPTY_PAGES:
            raise AnswerError("the list of objects has no end")
        seen.add(token)
