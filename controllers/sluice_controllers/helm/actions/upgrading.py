"""Upgrade: the next revision of a release, in place of the one that is deployed or was the last to be tried."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.helm.releases.records import Release
from sluice_controllers.helm.actions import changing, working
from sluice_controllers.helm.actions.changing import Change
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects import deleting, sets
from sluice_controllers.helm.revisions import Content, Target
from sluice_controllers.helm.storage import Entry, Record

_PENDING = ("pending-install", "pending-upgrade", "pending-rollback")
_FOLLOWED = ("failed", "superseded")


async def base(place: Place, name: str, last: Record | None, entries: Sequence[Entry]) -> Record:
    """The revision that an upgrade follows: the newest that is deployed or, if none is, the last one.

    Raises:
        Failure: there is none, or somebody else is at work.
    """
    if last is None:
        raise Failure(f'"{name}" has no deployed releases')
    status = last.release.info.status
    if status in _PENDING:
        raise Failure("another operation (install/upgrade/rollback) is in progress")
    if status == "deployed":
        return last
    deployed = next((entry for entry in entries if entry.status == "deployed"), None)
    found = await place.storage.read(deployed) if deployed is not None else None
    if found is not None:
        return found
    if status not in _FOLLOWED:
        raise Failure(f'"{name}" has no deployed releases')
    return last


async def begin(
    place: Place, work: Work, target: Target, content: Content, last: Record, entries: Sequence[Entry]
) -> None:
    """Look at what is there, and have the record say that the release is pending. Nothing is applied before.

    `work.base` is what `base` found.

    Raises:
        Failure: it cannot be upgraded; nothing was written.
    """
    assert work.base is not None
    release = _release(place, target, content, last.release, work.base.release)
    try:
        work.before = await changing.previous(place, work.base.release)
    except sets.Unusable as error:
        raise Failure(f"unable to build kubernetes objects from current release manifest: {error}") from None
    try:
        work.items = await changing.marked(place, release, content.objects)
    except sets.Unusable as error:
        raise Failure(f"unable to build kubernetes objects from new release manifest: {error}") from None
    await changing.check(place, release, deleting.surplus(work.items, work.before), "update")
    work.record = await place.storage.create(release, entries=entries, keep=place.options.keep)
    work.prepared = True


async def resume(place: Place, work: Work, entries: Sequence[Entry]) -> None:
    """Go on with what a process began that is no more. Raises Failure if what it followed is not there any more."""
    release = work.release
    work.items = await changing.placed(place, release, release.manifest)
    earlier = [entry for entry in entries if entry.version < release.version]
    followed = next((entry for entry in earlier if entry.status == "deployed"), earlier[0] if earlier else None)
    work.base = await place.storage.read(followed) if followed is not None else None
    if work.base is None:
        raise Failure(f'"{release.name}" has no deployed releases')
    work.before = await changing.previous(place, work.base.release)
    work.prepared = True


async def finish(place: Place, work: Work) -> None:
    """Do what is left, and have the records say what is deployed, and what is no longer.

    Raises:
        Waiting: it is not done yet.
        Failure: it has failed, and the record says so.
    """
    change = Change(place, work, "upgrade", prefix="{when}-upgrade hooks failed: ")
    try:
        await working.proceed(work, (*change.steps, lambda: changing.supersede(place, work)))
    except Failure as failure:
        more = await changing.fail(place, work, f'Upgrade "{work.release.name}" failed: {failure}')
        if more:
            text = f"an error occurred while cleaning up resources. original upgrade error: {failure}: {more}"
            raise Failure(text) from None
        raise
    await working.store(place, work, working.with_status(work.release, "deployed", "Upgrade complete"))


def _release(place: Place, target: Target, content: Content, last: Release, followed: Release) -> Release:
    server_side = place.options.server_side
    follows = last.apply_method == changing.SSA
    return Release(
        name=target.name,
        namespace=followed.namespace,
        version=last.version + 1,
        info=working.info(
            place,
            status="pending-upgrade",
            description="Preparing upgrade",
            notes=content.notes,
            first=followed.info.first_deployed,
        ),
        chart=content.chart,
        config=target.config,
        manifest=content.manifest,
        hooks=content.hooks,
        apply_method=changing.SSA if (follows if server_side is None else server_side) else changing.CSA,
        labels=last.labels,
    )
