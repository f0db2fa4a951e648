"""Fetch what is new and make it the artifact."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Final

from sluice import aio, runtime
from sluice.buckets import indexes, placing
from sluice.buckets.caching import Cache
from sluice.buckets.errors import BucketError
from sluice.buckets.indexes import IGNORE, Index
from sluice.buckets.listing import Limits
from sluice_api.source.v1 import Bucket
from sluice_controllers.source import conditions
from sluice_controllers.source import failures as sources
from sluice_controllers.source.bucket import building, failures, fetching
from sluice_controllers.source.bucket.building import File, Order
from sluice_controllers.source.bucket.steps.notice import stored, unchanged
from sluice_controllers.source.bucket.values import Noticed, Request, Result
from sluice_controllers.source.keeping import Keeper

_TRIES: Final = 2
"""What is kept and turns out to be damaged is fetched again, once."""
_RULES: Final = (IGNORE,)


class Store:
    """Fetches the objects that are not kept, packs in a worker process, stores atomically.

    Sets FetchFailed, StorageOperationFailed with ArtifactOutdated, or ArtifactInStorage; status.artifact, status.url
    and status.observedIgnore with the last of them.
    """

    def __init__(self, keeper: Keeper, workers: aio.WorkerPool, *, limits: Limits, kept: int) -> None:
        """`kept`: bytes of objects that are kept of one bucket when its artifact is made."""
        self._keeper = keeper
        self._workers = workers
        self._limits = limits
        self._kept = kept

    async def __call__(self, ctx: runtime.Context[Bucket], noticed: Noticed) -> Result:
        """Fetch and store."""
        request = noticed.request
        if "artifact" in ctx.status:
            ctx.progress(f"building artifact: new upstream revision '{noticed.index.revision}'", drifted=True)
        # The object's own directory is made with the draft, and goes with the object.
        draft = self._keeper.draft(ctx)
        try:
            cache = await self._opened(request)
            for tried in range(1, _TRIES + 1):
                noticed = dataclasses.replace(noticed, index=await self._fetch(cache, noticed))
                if noticed.index.revision == request.known:
                    return unchanged(ctx, request.source, noticed.index)
                _outdate(ctx, noticed.index)
                digest = await self._pack(cache, noticed, draft.temporary, last=tried == _TRIES)
                if digest:
                    break
            revision = noticed.index.revision
            file = f"{revision.partition(':')[2]}.tar.gz"
            artifact = await self._keeper.keep(
                ctx, draft, file=file, revision=revision, digest=digest, link="latest.tar.gz"
            )
        finally:
            self._keeper.discard(draft)
        _record(ctx, request.source, revision)
        await self._trim(ctx, cache, noticed.index)
        return Result(source=request.source, artifact=artifact, count=len(noticed.index.objects), news=True)

    async def _opened(self, request: Request) -> Cache:
        try:
            return await asyncio.to_thread(Cache, request.directory, request.identity)
        except OSError as error:
            raise sources.archiving(error) from None

    async def _fetch(self, cache: Cache, noticed: Noticed) -> Index:
        """The index of what is on disk now."""
        request, name = noticed.request, noticed.request.source.spec.bucket_name
        try:
            await asyncio.to_thread(_placed, noticed)
            await asyncio.to_thread(cache.trim, noticed.index.objects.values())
            async with asyncio.timeout(request.seconds):
                spare = self._limits.size - noticed.index.size
                changes = await fetching.fetch(request.bucket, cache, noticed.index, spare=spare)
            return await asyncio.to_thread(indexes.amended, noticed.index, changes) if changes else noticed.index
        except (BucketError, fetching.ObjectError, TimeoutError) as error:
            raise failures.fetching(error, name) from None
        except OSError as error:
            raise sources.archiving(error) from None

    async def _pack(self, cache: Cache, noticed: Noticed, file: Path, *, last: bool) -> str:
        """The digest; empty when an object that is kept was damaged, and is kept no more."""
        order = Order(
            directory=noticed.request.directory,
            files=await asyncio.to_thread(_files, cache, noticed),
            rules=None if noticed.rules is None else (_RULES, noticed.rules),
            file=file,
            algorithm=self._keeper.storage.algorithm,
        )
        try:
            return await self._workers.run(building.build, order, timeout=noticed.request.seconds)
        except building.DamagedError as error:
            cache.forget(error.args[0])
            if last:
                raise failures.packing(building.BuildError("a file that was just written is damaged")) from None
            return ""
        except (building.BuildError, aio.WorkerError) as error:
            raise failures.packing(error) from None

    async def _trim(self, ctx: runtime.Context[Bucket], cache: Cache, index: Index) -> None:
        wanted = index.objects.values() if index.size <= self._kept else ()
        try:
            await asyncio.to_thread(cache.trim, wanted)
        except OSError as error:
            # What stays too long takes room, and is looked at again with the next artifact.
            ctx.log.warning("objects not removed", error=str(error))


def _placed(noticed: Noticed) -> dict[placing.Path, str]:
    keys = list(noticed.index.objects)
    return placing.placed([*keys, IGNORE] if noticed.rules is not None else keys)


def _files(cache: Cache, noticed: Noticed) -> bytes:
    files = []
    for path, key in _placed(noticed).items():
        if key in noticed.index.objects:
            kept = cache.find(noticed.index.objects[key])
            assert kept is not None
            files.append(File(path, kept.file.name, kept.size, kept.sha256))
    return building.listed(files)


def _outdate(ctx: runtime.Context[Bucket], index: Index) -> None:
    """What is in storage is not what is in the bucket: it is told if the pass gets no further."""
    if "artifact" in ctx.status:
        message = f"new upstream revision '{index.revision}'"
        ctx.condition(conditions.ARTIFACT_OUTDATED, "True", "NewRevision", message)


def _record(ctx: runtime.Context[Bucket], source: Bucket, revision: str) -> None:
    stored(ctx, revision)
    if source.spec.ignore is None:
        ctx.status.pop("observedIgnore", None)
    else:
        ctx.status["observedIgnore"] = source.spec.ignore
