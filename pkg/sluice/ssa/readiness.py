"""The health of objects as it happens: full watches on the kinds that have a status, for as long as somebody asks.

Objects that were applied are seen through one watch per kind, by owner label; others through a watch of their own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final

from sluice import aio, kube
from sluice.ssa import controls, fingerprints, following, health, identities, live, managing

Listener = Callable[[identities.Identity], None]

_BEHIND: Final = health.Health(health.Status.IN_PROGRESS, "not seen yet as it was applied")
_UNSEEN: Final = health.Health(health.Status.UNKNOWN, "not seen yet")


class Extent(enum.Enum):
    """What has to be seen of a target."""

    PRESENCE = enum.auto()
    """That it is there: enough for kinds that have no status."""
    WHOLE = enum.auto()
    """All of it, by the watch of everything that was applied of its kind."""
    APART = enum.auto()
    """All of it, by a watch of its own."""


Need = Callable[[kube.ObjectRef], Extent]


def by_status(ref: kube.ObjectRef) -> Extent:
    """What the rules of the kind need to see."""
    return Extent.WHOLE if health.needs_status(ref.group, ref.kind) else Extent.PRESENCE


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """What one watch covers: the owned objects of a kind, or a single object."""

    group: str
    kind: str
    namespace: str = ""
    name: str = ""


class Readiness:
    """Follows the targets of any number of owners; `changed` is called for every change of one."""

    def __init__(
        self,
        client: kube.Client,
        manager: managing.ResourceManager,
        *,
        tasks: aio.TaskOwner,
        changed: Listener,
        clock: aio.Clock | None = None,
    ) -> None:
        self._client = client
        self._view: live.LiveView = manager.view
        self._memory = manager.memory
        self._clock = clock or aio.SystemClock()
        self._changed = changed
        self.turn = asyncio.Event()
        """Set at the next change of anything that is followed, and replaced by another one."""
        self._following = following.Following[_Scope]("health", tasks=tasks, clock=self._clock)

    async def follow(self, asker: Hashable, targets: Iterable[kube.ObjectRef], *, need: Need = by_status) -> None:
        """Watch these targets, in place of the asker's earlier ones, and return when they can be seen.

        A kind that the server does not serve, or does not let us list, stays unseen: its health is unknown.
        """
        scopes = {scope: ref for ref in targets if (scope := self._scope(ref, need)) is not None}
        for scope in self._following.want(asker, scopes):
            await self._start(scope, scopes[scope])
        await self._following.synced(scopes)

    def release(self, asker: Hashable) -> None:
        """The asker does not care for its targets any more."""
        self._following.want(asker, ())

    async def located(self, ref: kube.ObjectRef) -> kube.ObjectRef | None:
        """The reference as the server knows it, without a namespace where the kind has none; None if it is not served.

        Raises:
            KubeError: the server cannot say.
        """
        try:
            resource = await self._client.resource_for(ref.api_version, ref.kind)
        except kube.NoKindMatch:
            return None
        return ref if resource.namespaced else dataclasses.replace(ref, namespace="")

    def of(self, ref: kube.ObjectRef) -> health.Health:
        """The health of a target that is being followed, by the rules of its kind."""
        found = self.look(ref)
        return found if isinstance(found, health.Health) else health.judge(found, self._clock.now())

    def look(self, ref: kube.ObjectRef, *, need: Need = by_status) -> kube.Object | health.Health:
        """A target as the watch shows it; its health where there is nothing to be judged, or no need to.

        What is followed and has no watch is of a kind that the server does not serve.
        """
        identity = identities.Identity.of_ref(ref)
        scope = self._scope(ref, need)
        if scope is None:
            return self._presence(identity)
        informer = self._following.get(scope)
        if informer is None:
            return health.Health(health.Status.UNKNOWN, f'no matches for kind "{ref.kind}" in group "{ref.group}"')
        if not informer.synced:
            return _UNSEEN
        found = informer.store.get(ref.namespace, ref.name)
        record = self._memory.get(identity)
        if found is None:
            return health.NOT_FOUND if record is None or record.confirmed else _BEHIND
        if record is not None and fingerprints.older(found, record.resource_version):
            return _BEHIND
        return found

    def _presence(self, identity: identities.Identity) -> health.Health:
        found = self._view.get(identity)
        if found is not None and found["metadata"].get("deletionTimestamp"):
            return health.judge(found, self._clock.now())
        record = self._memory.get(identity)
        absent = found is None and self._view.sees(identity) and record is not None and record.confirmed
        return health.NOT_FOUND if absent else health.Health(health.Status.CURRENT, "Resource is always ready")

    def _scope(self, ref: kube.ObjectRef, need: Need) -> _Scope | None:
        """The watch that shows the target; None when its metadata say enough, which are watched already."""
        applied = self._memory.get(identities.Identity.of_ref(ref)) is not None
        wanted = need(ref)
        if wanted is Extent.PRESENCE and applied:
            return None
        if wanted is not Extent.APART and applied:
            return _Scope(group=ref.group, kind=ref.kind)
        return _Scope(group=ref.group, kind=ref.kind, namespace=ref.namespace, name=ref.name)

    async def _start(self, scope: _Scope, ref: kube.ObjectRef) -> None:
        try:
            resource = await self._client.resource_for(ref.api_version, ref.kind)
        except kube.NoKindMatch:
            return
        self._following.start(scope, lambda: self._informer(scope, resource))

    def _informer(self, scope: _Scope, resource: kube.Resource) -> kube.Informer:
        informer = kube.Informer(
            self._client,
            resource,
            namespace=scope.namespace if resource.namespaced else "",
            labels="" if scope.name else controls.OWNER_NAME,
            fields=f"metadata.name={scope.name}" if scope.name else "",
            transform=kube.without_managed_fields,
            clock=self._clock,
        )
        informer.add_handler(self._told)
        return informer

    def _told(self, event: kube.Event) -> None:
        self.turn.set()
        self.turn = asyncio.Event()
        self._changed(identities.Identity.of(event.object))
