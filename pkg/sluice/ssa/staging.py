"""Waiting for the definitions and classes of a stage before what needs them is applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sluice import aio, kube
from sluice.ssa import changes, errors, health, identities, plans, records, settling

_SECONDS: Final = 5.0
"""How long a worker waits itself: the usual wait is for a CRD, some milliseconds. Then the caller gives it back."""


class StageWait:
    """Remembers which objects were found current: an unchanged one is not asked for again."""

    def __init__(self, client: kube.Client, *, memory: records.Records, clock: aio.Clock) -> None:
        self._memory = memory
        self._clock = clock
        self._settling = settling.Settling(client, clock)
        self._current: dict[identities.Identity, str] = {}

    async def wait(self, members: Sequence[plans.Wanted], done: changes.ChangeSet) -> None:
        """Return when all are current, which kinds without a status are at once.

        Raises:
            StageNotReady: some are not, after a few seconds.
        """
        waiting = [one for one in members if self._unsure(one)]
        late = [found for one in waiting if (found := await self._late(one)) is not None]
        if late:
            raise errors.StageNotReady(late, done)

    def _unsure(self, wanted: plans.Wanted) -> bool:
        record = self._memory.get(wanted.identity)
        if record is None or not health.needs_status(wanted.resource.group, wanted.resource.kind):
            return False
        return self._current.get(wanted.identity) != record.resource_version

    async def _late(self, wanted: plans.Wanted) -> kube.ObjectRef | None:
        record = self._memory.get(wanted.identity)
        try:
            await self._settling.until(wanted.resource, wanted.ref, self._is_current, seconds=_SECONDS)
        except (TimeoutError, kube.KubeError):
            return wanted.ref
        if record is not None:
            self._current[wanted.identity] = record.resource_version
        return None

    def _is_current(self, found: kube.Object | None) -> bool:
        return found is not None and health.judge(found, self._clock.now()).status is health.Status.CURRENT
