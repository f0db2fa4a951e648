"""Objects on their way to the disk: only those that are not there yet, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from sluice import web
from sluice.buckets import placing
from sluice.buckets.caching import Cache
from sluice.buckets.errors import BucketError, NoObjectError
from sluice.buckets.indexes import Index
from sluice.buckets.objects import Bucket, Listed

AT_ONCE: Final = 16
"""Objects of one bucket."""

Changes = dict[str, Listed | None]
"""Objects by key that are others than were listed, or gone."""


class ObjectError(Exception):
    """An object could not be fetched; the cause is why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = placing.shown(key)


async def fetch(bucket: Bucket, cache: Cache, index: Index, *, spare: int) -> Changes:
    """Fetch what the cache lacks; what turned out to be other than listed.

    Objects that have grown since they were listed may take `spare` bytes more, all together.

    Raises:
        ObjectError: from the first error that an object's request ended with.
        OSError: it could not be written.
    """
    missing = iter(await asyncio.to_thread(lacking, cache, index))
    fetching = _Fetching(bucket, cache, spare)
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(fetching.take(missing), name=f"fetching objects {number}")
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return fetching.changes


def lacking(cache: Cache, index: Index) -> list[Listed]:
    """The objects that the cache does not have. Takes its time: not for the event loop."""
    return [each for each in index.objects.values() if cache.find(each) is None]


class _Fetching:
    """What is under way at the same time."""

    def __init__(self, bucket: Bucket, cache: Cache, spare: int) -> None:
        self._bucket = bucket
        self._cache = cache
        self._spare = spare
        self.changes: Changes = {}

    async def take(self, missing: Iterator[Listed]) -> None:
        """Fetch one after the other, until no one has any left."""
        for listed in missing:
            try:
                await self._fetch(listed)
            except NoObjectError:
                self.changes[listed.key] = None
            except (BucketError, web.WebError) as error:
                raise ObjectError(listed.key) from error

    async def _fetch(self, listed: Listed) -> None:
        limit = listed.size + self._spare // AT_ONCE
        with self._cache.draft() as draft:
            fetched = await self._bucket.fetch(listed, draft.into, limit=limit)
            self._cache.keep(draft, listed.key, fetched)
        self._spare = max(0, self._spare - max(0, fetched.size - listed.size))
        if fetched.etag != listed.etag:
            self.changes[listed.key] = Listed(listed.key, fetched.etag, fetched.size)
