"""Everything that is done to the objects of one cluster, behind one door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice import aio, kube
from sluice.ssa import (
    applying,
    changes,
    checking,
    identities,
    live,
    ordering,
    ownership,
    pruning,
    records,
    takeover,
    writing,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a cluster's objects are managed."""

    manager: str = "kustomize-controller"
    """Field manager of every write."""
    override_managers: tuple[str, ...] = ()
    """More managers whose fields are taken over."""
    concurrency: int = 4
    """Requests at once, per apply and per prune."""
    custom_stage: frozenset[ordering.GroupKind] = frozenset()
    """Kinds that are applied after classes and before the rest."""


class ResourceManager:
    """Applies, prunes and repairs objects, and remembers what it applied.

    Its watches run as long as `tasks` does. One instance serves all owners of a cluster; nothing in it is persistent.
    """

    def __init__(
        self,
        client: kube.Client,
        *,
        tasks: aio.TaskOwner,
        clock: aio.Clock | None = None,
        settings: Settings | None = None,
    ) -> None:
        clock, settings = clock or aio.SystemClock(), settings or Settings()
        self.settings = settings
        self._client = client
        self.memory = records.Records()
        self.view = live.LiveView(client, tasks, clock)
        self._checker = checking.Checker(
            client,
            view=self.view,
            memory=self.memory,
            clock=clock,
            manager=settings.manager,
            displaced=takeover.displaced(settings.manager, settings.override_managers),
        )
        self.writer = writing.Writer(client, memory=self.memory, clock=clock, manager=settings.manager)
        self._applier = applying.Applier(
            self._checker,
            self.writer,
            client=client,
            memory=self.memory,
            clock=clock,
            concurrency=settings.concurrency,
            custom_stage=settings.custom_stage,
        )
        self._pruner = pruning.Pruner(client, memory=self.memory, concurrency=settings.concurrency)

    async def apply(
        self,
        objects: Sequence[Mapping[str, Any]],
        owner: ownership.Owner,
        *,
        options: records.ApplyOptions | None = None,
        ledger: applying.Ledger | None = None,
        trusting: bool = False,
    ) -> changes.ChangeSet:
        """Apply prepared objects; see `applying`. `ledger` hears of writes before they happen.

        `trusting` leaves what was applied before to the drift watch, and what another owner has applied since to them.
        """
        options = options or records.ApplyOptions()
        return await self._applier.apply(objects, owner, options, ledger or _no_ledger, trusting=trusting)

    async def prune(self, refs: Sequence[kube.ObjectRef], owner: ownership.Owner) -> changes.ChangeSet:
        """Delete objects of an owner; see `pruning`."""
        return await self._pruner.prune(refs, owner)

    async def repair(self, identity: identities.Identity) -> changes.Change | None:
        """Check one recorded object and put it back; None when nobody answers for it any more.

        Raises:
            KubeError: it cannot be checked or written.
            TimeoutError: it has to be recreated and does not go away.
        """
        async with self.memory.hold(identity):
            record = self.memory.get(identity)
            if record is None:
                return None
            wanted = await self._checker.wanted(record.desired, record.owner, record.options)
            return await self.writer.execute(await self._checker.check(wanted))

    async def exists(self, ref: kube.ObjectRef) -> bool:
        """Whether the object is still there, on its way out or not; the metadata watch tells of its end.

        Raises:
            KubeError: the server cannot say.
        """
        try:
            resource = await self._client.resource_for(ref.api_version, ref.kind)
        except kube.NoKindMatch:
            return False
        if await self.view.follow(resource):
            return self.view.get(identities.Identity.of_ref(ref)) is not None
        return await self._checker.read(resource, ref) is not None

    def let_go(self, refs: Sequence[kube.ObjectRef], owner: ownership.Owner) -> None:
        """Answer no longer for these objects of an owner, and leave them as they are."""
        for identity in map(identities.Identity.of_ref, refs):
            record = self.memory.get(identity)
            if record is not None and record.owner == owner:
                self.memory.forget(identity)

    def release(self, owner: ownership.Owner) -> None:
        """Answer for none of an owner's objects any more: it is suspended or gone."""
        for identity in self.memory.of_owner(owner):
            self.memory.forget(identity)


async def _no_ledger(refs: Sequence[kube.ObjectRef]) -> None:
    """Nobody keeps books."""
