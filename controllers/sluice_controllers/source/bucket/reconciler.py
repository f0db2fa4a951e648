"""Bucket: its steps, what its success tells, and what its deletion takes."""

from __future__ import annotations

import asyncio
from typing import Final

from sluice import auth, kube, runtime
from sluice.buckets import caching
from sluice.buckets.listing import Limits
from sluice_api import meta
from sluice_api.source.v1 import Bucket
from sluice_controllers.source import conditions, telling
from sluice_controllers.source.bucket.steps.access import AccessStep, objects_of
from sluice_controllers.source.bucket.steps.notice import Notice
from sluice_controllers.source.bucket.steps.store import Store
from sluice_controllers.source.bucket.stores import Stores
from sluice_controllers.source.bucket.values import Result
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.parts import Parts

GROUP: Final = "source.toolkit.fluxcd.io"

_FAILURES: Final = (conditions.STORAGE_OPERATION_FAILED, conditions.FETCH_FAILED)

KIND: Final = runtime.Kind(
    resource=kube.Resource(group=GROUP, version="v1", kind="Bucket", plural="buckets", namespaced=True),
    model=Bucket,
    controller="source-controller",
    conditions=conditions.policy(*_FAILURES),
)


class BucketReconciler:
    """Keeps one artifact per Bucket equal to what is in the bucket."""

    kind = KIND

    def __init__(self, parts: Parts, stores: Stores) -> None:
        settings = parts.settings
        limits = Limits(count=settings.bucket_max_objects, size=settings.bucket_max_size)
        self._keeper = Keeper(parts.storage, KIND.resource.kind)
        self._storage = parts.storage
        self.steps: tuple[runtime.Step, ...] = (
            self._keeper,
            AccessStep(parts.secrets, stores, parts.storage, enabled=settings.enabled(auth.GATE)),
            Notice(limits),
            Store(self._keeper, parts.workers, limits=limits, kept=settings.bucket_cache_max_size),
        )

    def succeed(self, ctx: runtime.Context[Bucket], value: Result) -> runtime.Success:
        """Tell of a new artifact and of a recovery; of nothing new only after those and for a new spec."""
        return runtime.Success(
            interval=meta.parse_duration(value.source.spec.interval),
            events=_notes(ctx, value),
            log={"revision": value.artifact.revision},
        )

    async def finalize(self, ctx: runtime.Context[Bucket]) -> None:
        """Remove everything stored for the object."""
        await asyncio.to_thread(caching.remove, objects_of(self._storage, ctx))
        await self._keeper.remove_all(ctx)


def _notes(ctx: runtime.Context[Bucket], value: Result) -> telling.Notes:
    told = f"stored artifact with {value.count} fetched files from '{value.source.spec.bucket_name}' bucket"
    notes = telling.news(ctx, value.artifact, told, *_FAILURES)
    return notes if value.news else notes + telling.no_news(ctx, value.artifact, *_FAILURES)
