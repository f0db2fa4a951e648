"""The steps that install, upgrade and rollback share: from a revision that is pending to one that is deployed."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.helm.releases.records import Release
from sluice_controllers.helm import hooks, waiting
from sluice_controllers.helm.actions import working
from sluice_controllers.helm.actions.working import Failure, Place, Step, Work
from sluice_controllers.helm.objects import applying, deleting, sets, writing
from sluice_controllers.helm.objects.applying import Manner
from sluice_controllers.helm.objects.deleting import Deletion
from sluice_controllers.helm.objects.ownership import Owner
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.storage import Changed, Record

SSA = "ssa"
CSA = "csa"
_TRIES = 3
"""How often a record is written that somebody else is writing, too."""


async def placed(place: Place, release: Release, manifest: str) -> list[Item]:
    """The objects of a manifest, marked as the release's. Raises Unusable."""
    return await marked(place, release, await sets.parsed(manifest, place.workers))


async def previous(place: Place, release: Release) -> list[Item]:
    """What a revision consisted of. Raises Unusable."""
    objects = await sets.parsed(release.manifest, place.workers)
    return await sets.surviving(place.client, objects, release.namespace)


async def marked(place: Place, release: Release, objects: Sequence[dict[str, object]]) -> list[Item]:
    """The objects of a release, as they are written. Raises Unusable."""
    owner = Owner.of(release)
    return [owner.marked(item) for item in await sets.located(place.client, sets.flat(objects), release.namespace)]


def admission(place: Place, release: Release) -> writing.Admission:
    """What is taken over of what is there."""
    return writing.admit_all if place.options.take_ownership else writing.admit_own(Owner.of(release))


async def check(place: Place, release: Release, new: Sequence[Item], what: str) -> None:
    """See that nothing is in the way of what is new, before anything is written. `what` is it for, in Helm's words."""
    if place.options.take_ownership:
        return
    try:
        await applying.conflicts(place.client, admission(place, release), new)
    except applying.ApplyFailed as failed:
        raise failed.trouble or Failure(f"unable to continue with {what}: {failed}") from None


class Change:
    """The revision of `work` into the cluster, with its hooks before and after."""

    def __init__(self, place: Place, work: Work, verb: str, *, prefix: str) -> None:
        """`verb` is that of the events: `pre-VERB`; `prefix` comes before the failure of a hook."""
        self._place = place
        self._work = work
        self._verb = verb
        self._prefix = prefix

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is done between the first write of the record and the last."""
        return (self.before, self.apply, self.wait, self.after)

    async def before(self) -> None:
        """The hooks before."""
        await self._hooks("pre")

    async def apply(self) -> None:
        """Write what is wanted, then delete what is no longer: neither while the other has failed."""
        place, work = self._place, self._work
        options = place.options
        server_side = work.release.apply_method == SSA
        manner = Manner(server_side=server_side, strict=options.strict, replace=options.force and not server_side)
        # What was there is looked at before the record is written; here it is there by our own doing, or new.
        writer = manner.writer(place.client, admission(place, work.release))
        try:
            work.remember(await applying.apply(writer, work.items, work.before))
            gone = deleting.surplus(work.before, work.items)
            await deleting.delete(place.client, gone, Deletion(owner=Owner.of(work.release)))
        except applying.ApplyFailed as failed:
            work.remember(failed.written)
            raise working.trouble(place, work, failed.trouble) or Failure(str(failed)) from None
        except deleting.DeleteFailed as failed:
            raise working.trouble(place, work, failed.trouble) or Failure(str(failed)) from None

    async def wait(self) -> None:
        """Until all is ready."""
        place = self._place
        if place.options.wait and (items := waiting.worth_watching(self._work.items)):
            await waiting.ready(place, self._work, items, waiting.of_release(place))

    async def after(self) -> None:
        """The hooks after."""
        await self._hooks("post")

    async def _hooks(self, when: str) -> None:
        if not self._place.options.hooks:
            return
        try:
            await hooks.Hooks(self._place, self._work, f"{when}-{self._verb}").run()
        except Failure as failure:
            raise Failure(f"{self._prefix.format(when=when)}{failure}") from None


async def fail(place: Place, work: Work, description: str) -> str:
    """Have the record say that it failed, and take away what was made if that is wished; what went wrong with that."""
    await working.store(place, work, working.with_status(work.release, "failed", description))
    made = [each.item for each in work.written.values() if each.is_new and _is_of(work, each.item)]
    if not place.options.cleanup or not made:
        return ""
    try:
        await deleting.delete(place.client, made, Deletion(owner=Owner.of(work.release)))
    except deleting.DeleteFailed as failed:
        return f"unable to cleanup resources: {failed}"
    return ""


def _is_of(work: Work, item: Item) -> bool:
    return item.identity in sets.by_identity(work.items)


async def supersede(place: Place, work: Work) -> None:
    """Have the revision that this one follows say that it is deployed no longer."""
    if work.base is not None:
        await mark_superseded(place, work.base)


async def supersede_others(place: Place, work: Work) -> None:
    """Have every other revision that says it is deployed say that it is no longer."""
    for entry in await place.storage.entries(work.release.name):
        if entry.status == "deployed" and entry.version != work.release.version:
            found = await place.storage.read(entry)
            if found is not None:
                await mark_superseded(place, found)


async def mark_superseded(place: Place, record: Record) -> None:
    """Have a revision say that it is deployed no longer, whatever else somebody makes it say meanwhile."""
    found: Record | None = record
    for left in reversed(range(_TRIES)):
        if found is None or found.release.info.status == "superseded":
            return
        release = found.release
        try:
            await place.storage.update(found, working.with_status(release, "superseded", release.info.description))
        except Changed:
            if not left:
                raise
            found = await place.storage.get(release.name, release.version)
        else:
            return
