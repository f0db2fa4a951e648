"""Carrying out a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sluice import aio, kube
from sluice.ssa import changes, checking, controls, fingerprints, ownership, plans, records, settling

_GONE_SECONDS: Final = 60.0
"""How long a recreated object may take to go; finalizers of others can hold it for ever."""


class Writer:
    """Executes plans and keeps the memory in step."""

    def __init__(
        self,
        client: kube.Client,
        *,
        memory: records.Records,
        clock: aio.Clock,
        fingerprinter: fingerprints.Fingerprinter,
    ) -> None:
        self._client = client
        self._memory = memory
        self._clock = clock
        self._fingerprinter = fingerprinter
        self._manager = fingerprinter.manager
        self._settling = settling.Settling(client, clock)

    async def execute(self, plan: plans.Plan) -> changes.Change:
        """Do what the plan says.

        Raises:
            KubeError: a write was refused.
            TimeoutError: an object that is to be recreated does not go away.
        """
        wanted = plan.wanted
        rival = self._rival(wanted)
        match plan:
            case plans.Settled():
                self._settle(plan)
                return changes.Change(ref=wanted.ref, action=plan.action)
            case plans.Write() | plans.Attempt() if controls.only_if_absent(wanted.obj):
                return await self._create(wanted)
            case plans.Attempt():
                return changes.Change(ref=wanted.ref, action=await self._attempt(plan))
            case plans.Write():
                await self._write(plan)
                return changes.Change(ref=wanted.ref, action=plan.action, rival=rival)
            case plans.Recreate():
                await self._remove(plan)
                await self._apply(wanted, changes.Action.CREATED)
                return changes.Change(ref=wanted.ref, action=changes.Action.CREATED, rival=rival)

    def _rival(self, wanted: plans.Wanted) -> ownership.Owner | None:
        """Who else applies the object: once is a move from one owner to the other, taking it back is a quarrel."""
        record = self._memory.get(wanted.identity)
        return record.owner if record and record.owner != wanted.owner == record.former else None

    def _settle(self, plan: plans.Settled) -> None:
        identity = plan.wanted.identity
        record = self._memory.get(identity)
        if plan.live is not None:
            self._remember(plan.wanted, plan.action, plan.live)
        elif plan.action is changes.Action.SKIPPED and (record is None or record.action is not plan.action):
            # Skipped without a look at it: nobody answers for the object any more.
            self._memory.forget(identity)
        elif record is not None and record.owner == plan.wanted.owner:
            self._memory.put(identity, checking.refreshed(record, plan.wanted))

    def _remember(self, wanted: plans.Wanted, action: changes.Action, found: Mapping[str, Any]) -> None:
        """Record an object that is, or was just made, as wanted."""
        skipped = action is changes.Action.SKIPPED or controls.only_if_absent(wanted.obj)
        record = records.Record(
            owner=wanted.owner,
            desired=wanted.obj,
            digest=wanted.digest,
            options=wanted.options,
            action=changes.Action.SKIPPED if skipped else changes.Action.UNCHANGED,
            fingerprint=self._fingerprinter.of(found),
            resource_version=found["metadata"].get("resourceVersion") or "",
            at=self._clock.monotonic(),
        )
        self._memory.put(wanted.identity, record)

    async def _write(self, plan: plans.Write) -> None:
        wanted, version = plan.wanted, plan.version
        if plan.cleanup:
            cleaned = await self._clean(plan)
            version = version and cleaned["metadata"]["resourceVersion"]
        if plan.payload is None:
            await self._apply(wanted, plan.action)
            return
        answer = await self._applied(wanted, plan.payload, version)
        self._remember(wanted, plan.action, answer)

    async def _clean(self, plan: plans.Write) -> kube.Object:
        ref = plan.wanted.ref
        return await self._client.patch(
            plan.wanted.resource,
            ref.name,
            ref.namespace,
            plan.cleanup,
            kind=kube.PatchType.JSON,
            manager=self._manager,
        )

    async def _apply(self, wanted: plans.Wanted, action: changes.Action) -> None:
        self._remember(wanted, action, await self._applied(wanted, wanted.obj))

    async def _applied(self, wanted: plans.Wanted, body: dict[str, Any], version: str = "") -> kube.Object:
        """Apply, bound to a version if there is one; the metadata, which are all that is remembered of the answer."""
        return await self._client.apply(
            wanted.resource, body, manager=self._manager, resource_version=version, metadata_only=True
        )

    async def _attempt(self, plan: plans.Attempt) -> changes.Action:
        """Apply if the object is still as it was known; Conflict, and nothing is written, if it is not."""
        wanted = plan.wanted
        answer = await self._applied(wanted, wanted.obj, plan.version)
        action = changes.Action.CREATED if plan.version == kube.ABSENT else changes.Action.CONFIGURED
        if answer["metadata"]["resourceVersion"] == plan.version:
            action = changes.Action.UNCHANGED
        self._remember(wanted, action, answer)
        return action

    async def _create(self, wanted: plans.Wanted) -> changes.Change:
        """Create it, unless somebody has done so since it was looked for.

        By apply, so that a later apply may take fields away again.
        """
        action = changes.Action.CREATED
        try:
            found = await self._applied(wanted, wanted.obj, kube.ABSENT)
        except kube.Conflict:
            action = changes.Action.SKIPPED
            found = await self._client.get(wanted.resource, wanted.ref.name, wanted.ref.namespace)
        self._remember(wanted, action, found)
        return changes.Change(ref=wanted.ref, action=action)

    async def _remove(self, plan: plans.Recreate) -> None:
        wanted, meta = plan.wanted, plan.live["metadata"]
        uid, version = meta["uid"], meta["resourceVersion"]
        self._memory.forget(wanted.identity)
        try:
            left = await self._client.delete(
                wanted.resource, wanted.ref.name, wanted.ref.namespace, uid=uid, resource_version=version
            )
        except kube.NotFound:
            return
        if left is None:
            return
        await self._settling.until(
            wanted.resource,
            wanted.ref,
            lambda found: found is None or found["metadata"].get("uid") != uid,
            seconds=_GONE_SECONDS,
        )
