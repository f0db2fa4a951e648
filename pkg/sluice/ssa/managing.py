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
    definitions,
    fingerprints,
    identities,
    live,
    ordering,
    ownership,
    pruning,
    records,
    surveying,
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
    migrate_api_version: bool = False
    """Whether to note for the applied version what others own in older ones, before an object is applied."""


@dataclass(frozen=True)
class _Hands:
    """What reads and writes in the name of one user."""

    checker: checking.Checker
    writer: writing.Writer
    applier: applying.Applier
    pruner: pruning.Pruner


class ResourceManager:
    """Applies, prunes and repairs objects, and remembers what it applied.

    Its watches run as long as `tasks` does. One instance serves all owners of a cluster, whoever they act as: what is
    watched and remembered is common to all. Nothing in it is persistent.
    """

    def __init__(
        self,
        client: kube.Client,
        *,
        tasks: aio.TaskOwner,
        clock: aio.Clock | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.fingerprinter = fingerprints.Fingerprinter(
            manager=self.settings.manager,
            displaced=takeover.displaced(self.settings.manager, self.settings.override_managers),
        )
        self._client = client
        self._tasks = tasks
        self._clock = clock or aio.SystemClock()
        self.memory = records.Records()
        self.view = live.LiveView(client, tasks, self._clock)
        self._kinds = definitions.Definitions(client)
        self._hands: dict[str, _Hands] = {}

    async def apply(
        self,
        objects: Sequence[Mapping[str, Any]],
        owner: ownership.Owner,
        *,
        options: records.ApplyOptions | None = None,
        ledger: applying.Ledger | None = None,
        staged: applying.Staged | None = None,
        trusting: bool = False,
    ) -> changes.ChangeSet:
        """Apply prepared objects; see `applying`. `ledger` hears of writes before they happen.

        `staged` waits for the definitions and classes of a stage before what needs them is applied.
        `trusting` leaves what was applied before to the drift watch, and what another owner has applied since to them.
        """
        options = options or records.ApplyOptions()
        applier = self._of(options.actor).applier
        return await applier.apply(
            objects, owner, options, ledger or _no_ledger, staged=staged or _no_wait, trusting=trusting
        )

    async def prune(
        self, refs: Sequence[kube.ObjectRef], owner: ownership.Owner, *, actor: str = ""
    ) -> changes.ChangeSet:
        """Delete objects of an owner, as a user; see `pruning`."""
        return await self._of(actor).pruner.prune(refs, owner)

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
            hands = self._of(record.options.actor)
            wanted = await hands.checker.wanted(record.desired, record.owner, record.options)
            return await hands.writer.execute(await hands.checker.check(wanted))

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
        return await self._of("").checker.read(resource, ref) is not None

    async def may_read(self, ref: kube.ObjectRef, *, actor: str) -> bool:
        """Whether the user may read the object, were it there.

        Raises:
            KubeError: the server cannot say.
        """
        try:
            resource = await self._client.resource_for(ref.api_version, ref.kind)
            await self._of(actor).checker.read(resource, ref)
        except kube.NoKindMatch:
            return True
        except kube.Forbidden:
            return False
        return True

    def let_go(self, refs: Sequence[kube.ObjectRef], owner: ownership.Owner) -> None:
        """Answer no longer for these objects of an owner, and leave them as they are."""
        for identity in map(identities.Identity.of_ref, refs):
            record = self.memory.get(identity)
            if record is not None and record.owner == owner:
                self.memory.forget(identity)

    def client_as(self, actor: str) -> kube.Client:
        """The client that acts as a user of the cluster, "" for the controller itself."""
        return self._client.impersonating(actor) if actor else self._client

    def release(self, owner: ownership.Owner) -> None:
        """Answer for none of an owner's objects any more: it is suspended or gone."""
        for identity in self.memory.of_owner(owner):
            self.memory.forget(identity)

    def _of(self, actor: str) -> _Hands:
        # As many as there are ServiceAccounts in use, each a few objects.
        if actor not in self._hands:
            client = self.client_as(actor)
            self._hands[actor] = self._made(client, self._surveyor(client, everywhere=not actor))
        return self._hands[actor]

    def _surveyor(self, client: kube.Client, *, everywhere: bool) -> surveying.Surveyor:
        return surveying.Surveyor(
            client,
            view=self.view,
            memory=self.memory,
            fingerprinter=self.fingerprinter,
            tasks=self._tasks,
            clock=self._clock,
            everywhere=everywhere,
        )

    def _made(self, client: kube.Client, surveyor: surveying.Surveyor) -> _Hands:
        settings, memory, clock = self.settings, self.memory, self._clock
        checker = checking.Checker(
            client,
            view=self.view,
            memory=memory,
            clock=clock,
            fingerprinter=self.fingerprinter,
            surveyor=surveyor,
            migrating=settings.migrate_api_version,
        )
        writer = writing.Writer(client, memory=memory, clock=clock, fingerprinter=self.fingerprinter)
        applier = applying.Applier(
            checker,
            writer,
            client=client,
            memory=memory,
            clock=clock,
            concurrency=settings.concurrency,
            custom_stage=settings.custom_stage,
        )
        pruner = pruning.Pruner(client, kinds=self._kinds, memory=memory, concurrency=settings.concurrency)
        return _Hands(checker, writer, applier, pruner)


async def _no_ledger(refs: Sequence[kube.ObjectRef]) -> None:
    """Nobody keeps books."""


async def _no_wait(refs: Sequence[kube.ObjectRef], done: changes.ChangeSet) -> None:
    """A stage is as good as its objects being there."""
