"""Test: the hooks for the event `test` of the newest revision, those that the filters leave."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.helm.releases.records import Hook
from sluice_api.helm.v2 import Filter
from sluice_controllers.helm import hooks, snapshots
from sluice_controllers.helm.actions import working
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.storage import Record

EVENT = "test"


def begin(work: Work, last: Record, filters: Sequence[Filter]) -> None:
    """Take the results of earlier tests as past; the record is told when the first of them is run."""
    work.record = last
    work.draft(hooks.unrun(last.release, EVENT, choose=chosen(filters)))


def chosen(filters: Sequence[Filter]) -> hooks.Choice:
    """The tests that are run."""

    def choose(hook: Hook) -> bool:
        return snapshots.selected(hook.name, filters)

    return choose


async def finish(place: Place, work: Work, filters: Sequence[Filter]) -> None:
    """Run what is left, and have the record say how they went.

    Raises:
        Waiting: one is not ended yet.
        Failure: one has failed, and the record says so.
    """
    tests = hooks.Hooks(place, work, EVENT, choose=chosen(filters))
    try:
        await tests.run()
    except Failure:
        await working.store(place, work, work.release)
        raise
    # That they were run is told even where there are none: the status learns of tests by writes of the record.
    await working.store(place, work, work.release, always=True)
