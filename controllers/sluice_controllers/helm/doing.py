"""Helm's actions and the storage that they write to, for the last step of a pass."""

from __future__ import annotations

from typing import Any, Final

from sluice import aio, runtime
from sluice.helm.releases.records import Release
from sluice_api.helm.v2 import Snapshot
from sluice_controllers.helm.acting import Differences, Result, Task
from sluice_controllers.helm.carrying import Carrying
from sluice_controllers.helm.storage import Record, Storage
from sluice_controllers.helm.values import Run

_MISSING: Final = "NotSupported"


class Doing:
    """Does what is decided."""

    def __init__(self, carrying: Carrying, workers: aio.WorkerPool, clock: aio.Clock) -> None:
        """`workers`: where what others wrote is read."""
        self._carrying = carrying
        self._workers = workers
        self._clock = clock

    async def last(self, run: Run, *, name: str, storage: str) -> Record | None:
        """See `Actions`."""
        return await self._storage(run, storage).last(name)

    async def revision(self, run: Run, snapshot: Snapshot) -> Release | None:
        """See `Actions`."""
        found = await self._storage(run, run.storage_namespace).get(snapshot.name, snapshot.version)
        return None if found is None else found.release

    async def differences(self, ctx: runtime.Context[Any], run: Run, release: Release) -> Differences:
        """See `Actions`."""
        raise runtime.Stalled(_MISSING, "spec.driftDetection is not supported by this build yet")

    async def perform(self, ctx: runtime.Context[Any], task: Task) -> Result:
        """See `Actions`."""
        return await self._carrying.perform(ctx, task)

    def forget(self, run: Run) -> None:
        """See `Actions`."""

    def _storage(self, run: Run, namespace: str) -> Storage:
        client = run.cluster.resources.client_as(run.actor)
        return Storage(client, namespace, workers=self._workers, clock=self._clock)
