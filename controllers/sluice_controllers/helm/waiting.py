"""Waits of an action: for objects to be ready, or gone. They hold no worker, and end with what a watch shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from sluice import kube, runtime
from sluice.appliers import judging
from sluice.ssa import fingerprints, health
from sluice.ssa.health import Health, Status
from sluice_api.meta import names
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.watching import Found

_BLIND_SECONDS: Final = 5.0
"""How soon to look again at what no watch tells."""
_BEHIND: Final = Health(Status.IN_PROGRESS, "not seen yet as it was applied")
_DONE: Final = Health(Status.CURRENT, "as far as it is waited for")

Judge = Callable[[Item, kube.Object], Health]
"""The health of an object that is seen as it was written."""


async def ready(place: Place, work: Work, items: Collection[Item], judge: Judge, *, fail_fast: bool = True) -> None:
    """Return when all are current.

    Raises:
        Waiting: some are not yet.
        Failure: one has failed or, without `fail_fast`, all that are left have; or it takes too long.
    """
    found = await place.watches.look([item.ref for item in items])
    judged = {item.ref: await _health(place, work, item, found[item.ref], judge) for item in items}
    left = {ref: one for ref, one in judged.items() if one.status is not Status.CURRENT}
    if not left:
        place.watches.release()
        return
    failed = {ref: one for ref, one in left.items() if one.status is Status.FAILED}
    if failed and (fail_fast or len(failed) == len(left)):
        raise Failure(f"failed early due to stalled resources: {_told(failed)}")
    _wait(place, work, left, place.options.timeout)


async def gone(place: Place, work: Work, items: Collection[Item]) -> None:
    """Return when none is there any more. Raises as `ready`."""
    if not items:
        return
    found = await place.watches.look([item.ref for item in items])
    left = {ref: _going(one) for ref, one in found.items() if one != health.NOT_FOUND}
    if not left:
        place.watches.release()
        return
    _wait(place, work, left, place.options.timeout)


def _wait(place: Place, work: Work, left: Mapping[kube.ObjectRef, Health], limit: float) -> None:
    now = place.clock.monotonic()
    work.since = now if work.since is None else work.since
    remaining = work.since + limit - now
    if remaining <= 0:
        place.watches.release()
        raise Failure(f"timeout waiting for: {_told(left)}")
    blind = any(one.status is Status.UNKNOWN for one in left.values())
    after = min(remaining, _BLIND_SECONDS) if blind else remaining
    raise runtime.Waiting(
        names.PROGRESSING, f"waiting for {_told(left)}", ready="Unknown", after=after, since=work.since, event=None
    )


async def _health(place: Place, work: Work, item: Item, found: Found, judge: Judge) -> Health:
    written = work.written.get(item.identity)
    if isinstance(found, Health):
        absent = found == health.NOT_FOUND and written is not None and vanishes(item)
        return _DONE if absent and await _is_gone(place, item) else found
    if written is not None and (found["metadata"]["uid"] != written.uid or fingerprints.older(found, written.version)):
        return _BEHIND
    custom = await place.watches.custom(item.ref)
    return judge(item, found) if custom is None else custom


def vanishes(item: Item) -> bool:
    """Whether it is a Job that goes by itself when it has ended: to be gone is to be done then."""
    return item.resource.kind == "Job" and "ttlSecondsAfterFinished" in (item.obj.get("spec") or {})


async def _is_gone(place: Place, item: Item) -> bool:
    """Whether the watch is right that an object is not there, and not behind."""
    try:
        await place.client.get(item.resource, item.ref.name, item.ref.namespace)
    except kube.NotFound:
        return True
    return False


def of_release(place: Place) -> Judge:
    """How objects of a release are judged: Jobs by their end, or by their start where they are not waited for."""

    def judge(item: Item, found: kube.Object) -> Health:
        kind = (item.resource.group, item.resource.kind)
        if kind == ("apps", "Deployment") and (item.obj.get("spec") or {}).get("paused") is True:
            return _DONE
        judged = health.judge(found, place.clock.now())
        started = (found.get("status") or {}).get("startTime")
        if kind == ("batch", "Job") and not place.options.wait_for_jobs and started:
            return judged if judged.status is Status.FAILED else _DONE
        return judged

    return judge


def of_hook(place: Place) -> Judge:
    """How objects of a hook are judged: Jobs and Pods by their end, others are ready as soon as they are there."""

    def judge(item: Item, found: kube.Object) -> Health:
        kind = (item.resource.group, item.resource.kind)
        if kind == ("", "Pod"):
            return _of_pod(found)
        return health.judge(found, place.clock.now()) if kind == ("batch", "Job") else _DONE

    return judge


def _of_pod(found: kube.Object) -> Health:
    phase = (found.get("status") or {}).get("phase") or ""
    return Health({"Succeeded": Status.CURRENT, "Failed": Status.FAILED}.get(phase, Status.IN_PROGRESS), "")


def worth_watching(items: Sequence[Item]) -> list[Item]:
    """Those that are more than there: kinds without a status were ready when they were written."""
    return [item for item in items if health.needs_status(item.resource.group, item.resource.kind)]


def _going(found: Found) -> Health:
    return found if isinstance(found, Health) else Health(Status.TERMINATING, "")


def _told(left: Mapping[kube.ObjectRef, Health]) -> str:
    return f"[{', '.join(judging.told(ref, one) for ref, one in left.items())}]"
