"""Putting single objects back, as soon as a watch shows that someone changed them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from sluice import aio, kube
from sluice.ssa import changes, fingerprints, holdoffs, identities, managing, ownership, records, rivals


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who decides about repairs, and hears of them."""

    allowed: Callable[[ownership.Owner], bool]
    """Whether the owner's objects are to be kept right now: not while it is suspended or being deleted."""
    repaired: Callable[[ownership.Owner, changes.Change], None]
    """An object was put back."""
    failed: Callable[[ownership.Owner, identities.Identity], None]
    """An object could not be put back: the owner is to be reconciled, and will say why."""
    contested: Callable[[ownership.Owner, identities.Identity, rivals.Rival, float], None]
    """Someone changes an object again and again; the next repair waits for that many seconds."""


class DriftWatch:
    """Compares what the watch shows with what was applied; a difference that is not ours is repaired at once.

    Someone who changes an object again and again is answered ever more slowly, and told about once per fight.
    """

    def __init__(
        self,
        manager: managing.ResourceManager,
        *,
        listener: Listener,
        clock: aio.Clock | None = None,
    ) -> None:
        self._manager = manager
        self._view = manager.view
        self._memory = manager.memory
        self._clock = clock or aio.SystemClock()
        self._listener = listener
        self._holdoffs = holdoffs.HoldOffs(self._clock)
        self._tasks = aio.TaskOwner()
        self._queued: dict[identities.Identity, None] = {}
        self._wake = asyncio.Event()
        self._log = structlog.get_logger()

    async def run(self, *, workers: int = 4) -> None:
        """Repair until cancelled."""
        self._view.add_listener(self._changed)
        self._memory.released = self._released
        async with self._tasks:
            for number in range(workers):
                self._tasks.spawn(self._work(), name=f"repair {number}")
            await asyncio.Event().wait()

    def _changed(self, identity: identities.Identity, found: kube.Object | None) -> None:
        record = self._memory.get(identity)
        if record is None or self._memory.busy(identity):
            return
        if found is not None:
            if fingerprints.older(found, record.resource_version):
                return
            if self._manager.fingerprinter.of(found) == record.fingerprint:
                self._memory.confirm(identity)
                return
        self._enqueue(identity)

    def _released(self, identity: identities.Identity) -> None:
        """Judge what was seen while someone was at work on the object."""
        found = self._view.get(identity)
        record = self._memory.get(identity)
        # Absence is judged by the event that tells of it: an object just created is not in the view yet.
        if found is not None or (record is not None and record.confirmed):
            self._changed(identity, found)

    def _enqueue(self, identity: identities.Identity) -> None:
        # Only what has a record comes here, each once: the queue is never longer than what was applied.
        self._queued.setdefault(identity)
        self._wake.set()

    async def _work(self) -> None:
        while True:
            while not self._queued:
                self._wake.clear()
                await self._wake.wait()
            identity = next(iter(self._queued))
            del self._queued[identity]
            await self._handle(identity)

    async def _handle(self, identity: identities.Identity) -> None:
        record = self._memory.get(identity)
        if record is None or not self._listener.allowed(record.owner):
            return
        delay = self._holdoffs.delay(identity)
        if delay > 0:
            self._hold_off(identity, record, delay)
            return
        change = await self._repair(identity, record.owner)
        if change is not None and change.action.changed:
            self._holdoffs.repaired(identity)
            self._log.info("drift corrected", object=str(identity), action=str(change.action))
            self._listener.repaired(record.owner, change)

    async def _repair(self, identity: identities.Identity, owner: ownership.Owner) -> changes.Change | None:
        try:
            return await self._manager.repair(identity)
        except (kube.KubeError, TimeoutError) as error:
            self._log.warning("drift could not be corrected", object=str(identity), error=str(error))
        except Exception as error:  # noqa: BLE001 - one odd object must not end the watch over all others
            self._log.error("drift could not be corrected", object=str(identity), error=str(error), exc_info=error)
        # The object is as wrong as before and queued already: the failure must count before anyone takes it up again.
        self._holdoffs.failed(identity)
        self._listener.failed(owner, identity)
        return None

    def _hold_off(self, identity: identities.Identity, record: records.Record, delay: float) -> None:
        if self._holdoffs.pending(identity):
            return
        self._holdoffs.begin(identity)
        if self._holdoffs.first(identity):
            manager = self._manager.settings.manager
            rival = rivals.find(self._view.get(identity), record.desired, manager=manager)
            self._listener.contested(record.owner, identity, rival, delay)

        async def later() -> None:
            await self._clock.sleep(delay)
            self._holdoffs.end(identity)
            self._enqueue(identity)

        self._tasks.spawn(later(), name=f"hold off {identity}")
