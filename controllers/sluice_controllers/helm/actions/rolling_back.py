"""Rollback: a new revision that is as an earlier one was, by its record alone."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.helm.releases.records import Release
from sluice_controllers.helm import hooks
from sluice_controllers.helm.actions import changing, working
from sluice_controllers.helm.actions.changing import Change
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects import sets
from sluice_controllers.helm.storage import Entry, Record


async def begin(place: Place, work: Work, target: Release, last: Record, entries: Sequence[Entry]) -> None:
    """Have the record say that the release is pending. Nothing is applied before. Raises Failure."""
    release = _release(place, target, last.release)
    try:
        work.before = await changing.previous(place, last.release)
    except sets.Unusable as error:
        raise Failure(f"unable to build kubernetes objects from current release manifest: {error}") from None
    try:
        work.items = await changing.placed(place, release, release.manifest)
    except sets.Unusable as error:
        raise Failure(f"unable to build kubernetes objects from new release manifest: {error}") from None
    work.base = last
    work.record = await place.storage.create(release, entries=entries, keep=place.options.keep)
    work.prepared = True


async def resume(place: Place, work: Work, entries: Sequence[Entry]) -> None:
    """Go on with what a process began that is no more. Raises Failure if what it followed is not there any more."""
    release = work.release
    work.items = await changing.placed(place, release, release.manifest)
    followed = next((entry for entry in entries if entry.version < release.version), None)
    work.base = await place.storage.read(followed) if followed is not None else None
    if work.base is None:
        raise Failure(f"release has no {release.version - 1} version")
    work.before = await changing.previous(place, work.base.release)
    work.prepared = True


async def finish(place: Place, work: Work) -> None:
    """Do what is left, and have the records say what is deployed, and what is no longer.

    Raises:
        Waiting: it is not done yet.
        Failure: it has failed, and the record says so.
    """
    change = Change(place, work, "rollback", prefix="")
    try:
        await working.proceed(work, (*change.steps, lambda: changing.supersede_others(place, work)))
    except Failure as failure:
        name = work.release.name
        if work.at > change.steps.index(change.apply):
            await changing.fail(place, work, f'Release "{name}" failed: {failure}')
            raise Failure(f"release {name} failed: {failure}") from None
        await changing.supersede(place, work)
        more = await changing.fail(place, work, f'Rollback "{name}" failed: {failure}')
        if more:
            raise Failure(f"an error occurred while cleaning up resources. original rollback error: {more}") from None
        raise
    await working.store(place, work, working.with_status(work.release, "deployed", work.release.info.description))


def _release(place: Place, target: Release, last: Release) -> Release:
    server_side = place.options.server_side
    follows = target.apply_method == changing.SSA
    release = Release(
        name=last.name,
        namespace=last.namespace,
        version=last.version + 1,
        info=working.info(
            place,
            status="pending-rollback",
            description=f"Rollback to {target.version}",
            notes=target.info.notes,
            first=last.info.first_deployed,
        ),
        chart=target.chart,
        config=target.config,
        manifest=target.manifest,
        hooks=target.hooks,
        apply_method=changing.SSA if (follows if server_side is None else server_side) else changing.CSA,
        labels=target.labels,
    )
    return hooks.unrun(release, "pre-rollback", "post-rollback")
