"""Deciding what to do with one object, with as few questions as possible.

In order: the user's switches on the desired object; memory and the metadata watch, which settle what is unchanged and
let what is new or changed be applied at once; where memory is empty, a list of all that is there; a dry run; the live
object. The dry run comes before the read because it
also says whether the object exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sluice import aio, kube
from sluice.ssa import (
    changes,
    controls,
    drift,
    errors,
    fingerprints,
    identities,
    ignoring,
    live,
    ordering,
    ownership,
    plans,
    records,
    surveying,
    takeover,
)

_TRUSTED_SECONDS: Final = 10.0
"""How long a record is believed before the watch has shown the object at all."""


class Checker:
    """Makes plans. Reads only."""

    def __init__(
        self,
        client: kube.Client,
        *,
        view: live.LiveView,
        memory: records.Records,
        clock: aio.Clock,
        fingerprinter: fingerprints.Fingerprinter,
        surveyor: surveying.Surveyor,
        migrating: bool = False,
    ) -> None:
        """`migrating`: see `Settings.migrate_api_version`."""
        self._migrating = migrating
        self._client = client
        self._view = view
        self._memory = memory
        self._clock = clock
        self._fingerprinter = fingerprinter
        self._surveyor = surveyor
        self._manager = fingerprinter.manager

    async def wanted(
        self,
        obj: Mapping[str, Any],
        owner: ownership.Owner,
        options: records.ApplyOptions,
        *,
        trusting: bool = False,
    ) -> plans.Wanted:
        """The object as the server will know it: a namespace given to a cluster-scoped one is dropped.

        Raises:
            NoKindMatch: the server does not serve the kind.
        """
        ref = kube.ObjectRef.of(obj)
        resource = await self._client.resource_for(ref.api_version, ref.kind)
        body = dict(obj)
        if not resource.namespaced and ref.namespace:
            body["metadata"] = {key: value for key, value in obj["metadata"].items() if key != "namespace"}
        digest = fingerprints.of_desired(body)
        return plans.Wanted(resource=resource, obj=body, owner=owner, options=options, digest=digest, trusting=trusting)

    async def check(self, wanted: plans.Wanted, *, attempting: bool = False) -> plans.Plan:
        """The plan for one object; when `attempting`, one that asks nothing where memory and the watch know enough.

        Raises:
            KubeError: the dry run was refused, or the live object cannot be read.
        """
        if controls.excluded(wanted.obj):
            return plans.Settled(wanted=wanted, action=changes.Action.SKIPPED)
        seen = await self._view.follow(wanted.resource)
        record = self._memory.get(wanted.identity)
        if wanted.trusting and record is not None and record.owner != wanted.owner:
            return plans.Settled(wanted=wanted, action=changes.Action.UNCHANGED)
        if seen and record is not None and _same(record, wanted) and self._is_settled(wanted, record):
            return plans.Settled(wanted=wanted, action=record.action)
        if attempting and seen and (attempt := self._attempt(wanted, record)) is not None:
            return attempt
        if attempting and seen and record is None and (found := await self._recognised(wanted)) is not None:
            return plans.Settled(wanted=wanted, action=changes.Action.UNCHANGED, live=found)
        if controls.only_if_absent(wanted.obj):
            found = await self.read(wanted.resource, wanted.ref)
            if found is not None:
                return plans.Settled(wanted=wanted, action=changes.Action.SKIPPED, live=found)
        return await self._compare(wanted)

    def _attempt(self, wanted: plans.Wanted, record: records.Record | None) -> plans.Attempt | None:
        """An apply without a look: of what nobody has seen, and of what is still as it was applied before."""
        if _is_bound(wanted):
            return None
        found = self._view.get(wanted.identity)
        if record is not None and ignoring.may_concern(wanted.options.ignore, wanted.ref):
            return None
        if found is not None and self._is_outdated(wanted, found):
            return None
        if record is None:
            return plans.Attempt(wanted=wanted) if found is None else None
        same = (record.owner, record.options.actor) == (wanted.owner, wanted.options.actor)
        ours = same and record.action is changes.Action.UNCHANGED
        spared = controls.only_if_absent(wanted.obj) or controls.excluded(found)
        if not ours or spared or not self.agrees(wanted.identity, record):
            return None
        if found is None or fingerprints.older(found, record.resource_version):
            return plans.Attempt(wanted=wanted, version=record.resource_version)
        return plans.Attempt(wanted=wanted, version=found["metadata"]["resourceVersion"])

    async def _recognised(self, wanted: plans.Wanted) -> kube.Object | None:
        """The metadata of an object that nobody remembers, but that is known to be as wanted all the same."""
        found = await self._surveyor.recognised(wanted)
        return None if found is None or self._is_outdated(wanted, found) else found

    def _is_settled(self, wanted: plans.Wanted, record: records.Record) -> bool:
        return wanted.trusting or self.agrees(wanted.identity, record)

    def agrees(self, identity: identities.Identity, record: records.Record) -> bool:
        """Whether the watch shows the object as the record has it."""
        found = self._view.get(identity)
        if found is None:
            return not record.confirmed and self._clock.monotonic() - record.at < _TRUSTED_SECONDS
        if fingerprints.older(found, record.resource_version):
            # The watch is behind, for a moment. If it stays so, the cluster was set back to an earlier state.
            return self._clock.monotonic() - record.at < _TRUSTED_SECONDS
        return self._fingerprinter.of(found) == record.fingerprint

    async def read(self, resource: kube.Resource, ref: kube.ObjectRef) -> kube.Object | None:
        """The live object, None when there is none."""
        try:
            return await self._client.get(resource, ref.name, ref.namespace)
        except kube.NotFound:
            return None

    def _is_outdated(self, wanted: plans.Wanted, found: kube.Object) -> bool:
        return self._migrating and takeover.outdated(found, wanted.ref.api_version)

    async def _outdated(self, wanted: plans.Wanted) -> kube.Object | None:
        """The live object, if what is noted of its owners has to be migrated before it can be applied."""
        known = self._view.get(wanted.identity)
        if not self._migrating or (known is not None and not self._is_outdated(wanted, known)):
            return None
        found = await self.read(wanted.resource, wanted.ref)
        spared = found is None or controls.excluded(found) or not self._is_outdated(wanted, found)
        return None if spared else found

    async def _compare(self, wanted: plans.Wanted) -> plans.Plan:
        outdated = await self._outdated(wanted)
        if outdated is not None:
            return self._migration(wanted, outdated)
        try:
            applied = await self._client.apply(wanted.resource, wanted.obj, manager=self._manager, dry_run=True)
        except kube.KubeError as error:
            return await self._refused(wanted, error)
        if not applied["metadata"].get("resourceVersion"):
            return plans.Write(wanted=wanted, action=changes.Action.CREATED)
        found = await self.read(wanted.resource, wanted.ref)
        if found is None:
            return plans.Write(wanted=wanted, action=changes.Action.CREATED)
        if controls.excluded(found):
            return plans.Settled(wanted=wanted, action=changes.Action.SKIPPED, live=found)
        return self._compared(wanted, found, applied)

    def _compared(self, wanted: plans.Wanted, found: kube.Object, applied: kube.Object) -> plans.Plan:
        """The plan for an object that is there, after a dry run; ignored fields call for nothing."""
        ignored = ignoring.pointers(wanted.options.ignore, applied)
        cleanup = takeover.patch(wanted.obj, found, manager=self._manager, managers=self._fingerprinter.displaced)
        drifted = "" not in ignored and drift.drifted(*(ignoring.without(one, ignored) for one in (found, applied)))
        if "" in ignored or not (cleanup or drifted):
            return plans.Settled(wanted=wanted, action=changes.Action.UNCHANGED, live=found)
        return self._write(wanted, found, applied, cleanup)

    def _migration(self, wanted: plans.Wanted, found: kube.Object) -> plans.Write:
        """What a dry run would say before it is migrated does not count, so there is none."""
        managers = self._fingerprinter.displaced
        cleanup = takeover.migration(wanted.obj, found, manager=self._manager, managers=managers)
        return self._write(wanted, found, wanted.obj, cleanup)

    def _write(
        self, wanted: plans.Wanted, found: kube.Object, applied: kube.Object, cleanup: list[dict[str, Any]]
    ) -> plans.Write:
        cleanup = takeover.guarded(cleanup, found)
        plan = plans.Write(wanted=wanted, action=changes.Action.CONFIGURED, cleanup=cleanup)
        ignored = ignoring.pointers(wanted.options.ignore, applied)
        if not ignored:
            return plan
        payload = ignoring.left_alone(wanted.obj, found, applied, ignored, manager=self._manager)
        return replace(plan, payload=payload, version=found["metadata"]["resourceVersion"])

    async def _refused(self, wanted: plans.Wanted, error: kube.KubeError) -> plans.Plan:
        """A refusal counts only if the object is ours to change, and if recreating it is not the answer."""
        if isinstance(error, kube.NotFound | kube.Unreachable | kube.Forbidden):
            raise error
        found = await self.read(wanted.resource, wanted.ref)
        if controls.excluded(found) or (found is not None and controls.only_if_absent(wanted.obj)):
            return plans.Settled(wanted=wanted, action=changes.Action.SKIPPED, live=found)
        if found is None or not _may_recreate(wanted, found) or not errors.is_immutable(error):
            raise error
        await self._would_be_accepted_anew(wanted, error)
        return plans.Recreate(wanted=wanted, live=found)

    async def _would_be_accepted_anew(self, wanted: plans.Wanted, error: kube.KubeError) -> None:
        """Never delete what cannot be created again.

        The server validates before it looks whether the name is taken: a valid object answers AlreadyExists.
        """
        try:
            await self._client.create(wanted.resource, wanted.obj, manager=self._manager, dry_run=True)
        except kube.AlreadyExists:
            return
        except kube.KubeError:
            raise error from None


def _may_recreate(wanted: plans.Wanted, found: Mapping[str, Any]) -> bool:
    """Whether deleting the object and making it anew is wished, and can work.

    With a namespace or a definition goes what others have put into it: they are recreated only if they say so
    themselves. A manifest with a uid or a version of its own could not be created again.
    """
    if _is_bound(wanted):
        return False
    meant = wanted.options.force and not ordering.holds_others(wanted.identity)
    return meant or controls.forced(wanted.obj) or controls.forced(found)


def _is_bound(wanted: plans.Wanted) -> bool:
    """Whether the manifest is for one object, or one version of it, alone."""
    return bool(wanted.obj["metadata"].keys() & {"uid", "resourceVersion"})


def _same(record: records.Record, wanted: plans.Wanted) -> bool:
    """Whether it was applied as it is wanted, in the same fields, by the same user: another may not be allowed to."""
    known = (record.owner, record.digest, record.options.actor, record.options.ignore)
    return known == (wanted.owner, wanted.digest, wanted.options.actor, wanted.options.ignore)


def refreshed(record: records.Record, wanted: plans.Wanted) -> records.Record:
    """The record of an unchanged object under the options of now."""
    return replace(record, options=wanted.options)
