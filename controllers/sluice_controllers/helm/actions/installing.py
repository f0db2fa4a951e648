"""Install: the first revision of a release, or the next where the name is taken from one that is no more."""

from __future__ import annotations

from sluice import kube
from sluice.helm.releases.records import Release
from sluice_controllers.helm.actions import changing, working
from sluice_controllers.helm.actions.changing import Change
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects import applying, sets
from sluice_controllers.helm.objects.applying import Manner
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.revisions import Content, Target

_REUSABLE = ("uninstalled", "failed")


def version(place: Place, last: Release | None) -> int:
    """The revision that an install makes; raises Failure if the name is not free."""
    if last is None:
        return 1
    if place.options.replace and last.info.status in _REUSABLE:
        return last.version + 1
    raise Failure("release name check failed: cannot reuse a name that is still in use")


async def begin(place: Place, work: Work, target: Target, content: Content, last: Release | None) -> None:
    """Look at what is there, and have the record say that the release is pending. Nothing is applied before.

    Raises:
        Failure: it cannot be installed; nothing was written.
    """
    release = _release(place, target, content, version(place, last))
    try:
        work.items = await changing.marked(place, release, content.objects)
    except sets.Unusable as error:
        raise Failure(f"unable to build kubernetes objects from release manifest: {error}") from None
    await changing.check(place, release, work.items, "install")
    if place.options.create_namespace:
        await _create_namespace(place, target.namespace)
    if last is not None and last.info.status == "uninstalled":
        record = await place.storage.get(last.name, last.version)
        if record is not None:
            superseded = working.with_status(record.release, "superseded", "superseded by new release")
            await place.storage.update(record, superseded)
    work.record = await place.storage.create(release)
    work.prepared = True


async def resume(place: Place, work: Work) -> None:
    """Go on with what a process began that is no more: the record has all that is needed."""
    work.items = await changing.placed(place, work.release, work.release.manifest)
    work.prepared = True


async def finish(place: Place, work: Work) -> None:
    """Do what is left, and have the record say that it is deployed.

    Raises:
        Waiting: it is not done yet.
        Failure: it has failed, and the record says so.
    """
    change = Change(place, work, "install", prefix="failed {when}-install: ")
    try:
        await working.proceed(work, change.steps)
    except Failure as failure:
        await changing.fail(place, work, f'Release "{work.release.name}" failed: {failure}')
        raise
    await working.store(place, work, working.with_status(work.release, "deployed", "Install complete"))


def _release(place: Place, target: Target, content: Content, revision: int) -> Release:
    return Release(
        name=target.name,
        namespace=target.namespace,
        version=revision,
        info=working.info(place, status="pending-install", description="Initial install underway", notes=content.notes),
        chart=content.chart,
        config=target.config,
        manifest=content.manifest,
        hooks=content.hooks,
        apply_method=changing.CSA if place.options.server_side is False else changing.SSA,
    )


async def _create_namespace(place: Place, name: str) -> None:
    """Make the namespace, if there is none of that name: one that is there is left as it is."""
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}}
    (item,) = await sets.located(place.client, [obj], "")

    def admit(_item: Item, _live: kube.Object) -> None:
        raise _There

    try:
        await applying.apply(Manner(server_side=True).writer(place.client, admit), [item])
    except _There:
        return
    except applying.ApplyFailed as failed:
        raise failed.trouble or Failure(str(failed)) from None


class _There(Exception):
    """There is a namespace of that name."""
