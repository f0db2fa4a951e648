"""The clusters that objects are applied to: the controller's own, and those that `spec.kubeConfig` leads to.

A remote cluster has everything that the own one has: a client, watches, a memory of what was applied, drift put back.
It is there as long as somebody uses it, one for all that come the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sluice import aio, kube, ssa
from sluice.appliers.expressions import Expressions
from sluice.appliers.judging import Judge
from sluice.appliers.routes import Route, Routes, Unreachable
from sluice_api import meta


@dataclass(frozen=True)
class Cluster:
    """One API server, and what is done to objects there."""

    key: str
    """"" for the controller's own; else what tells it from the others."""
    resources: ssa.ResourceManager
    readiness: ssa.Readiness
    workloads: ssa.Workloads
    judge: Judge

    def token(self, ref: kube.ObjectRef) -> Hashable:
        """What is notified when an object there may have changed."""
        return _token(self.key, ssa.Identity.of_ref(ref))

    def release(self, owner: ssa.Owner) -> None:
        """Answer for none of an owner's objects any more, and follow none of its targets."""
        self.resources.release(owner)
        self.unfollow(owner)

    def unfollow(self, owner: ssa.Owner) -> None:
        """Follow none of an owner's targets any more."""
        self.readiness.release(owner)
        self.readiness.release(staging(owner))
        self.workloads.release(owner)


def staging(owner: ssa.Owner) -> Hashable:
    """In whose name the objects of a stage are followed while they are waited for, beside an owner's targets."""
    return ("stages", owner)


def _token(key: str, identity: ssa.Identity) -> Hashable:
    return ("object", key, identity)


@dataclass
class _Remote:
    """A cluster that was reached, and the task that it lives in."""

    cluster: Cluster
    task: asyncio.Task[None]


class Clusters:
    """Knows every cluster in use."""

    def __init__(
        self,
        client: kube.Client,
        *,
        tasks: aio.TaskOwner,
        clock: aio.Clock,
        settings: ssa.Settings,
        changed: Callable[[Hashable], None],
        listener: Callable[[], ssa.Listener],
        routes: Routes,
        expressions: Expressions,
        user_agent: str,
    ) -> None:
        """`changed` is told the token of every object whose state may have changed; `listener` decides of repairs."""
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._settings = settings
        self._changed = changed
        self._listener = listener
        self._routes = routes
        self._expressions = expressions
        self._user_agent = user_agent
        self._remotes: dict[str, _Remote] = {}
        self._users: dict[ssa.Owner, str] = {}
        self.local = self._made("", client, tasks)

    async def of(
        self, owner: ssa.Owner, wanted: meta.KubeConfigReference | None, subscribe: Callable[[Hashable], None]
    ) -> Cluster:
        """The cluster that the owner's objects belong in; what it did elsewhere is answered for no longer.

        `subscribe` is given the tokens of what decides which cluster that is.

        Raises:
            Unreachable: there is no way there, or it cannot be used.
            KubeError: what is referred to cannot be read for another reason.
        """
        if wanted is None:
            found = self.local
        else:
            found = await self._remote(await self._routes.find(owner.namespace, wanted, subscribe))
        before = self._users.get(owner, found.key)
        self._users[owner] = found.key
        if before != found.key:
            self._leave(owner, before)
        return found

    def rest(self, owner: ssa.Owner) -> None:
        """Answer for nothing of the owner's any more, in whatever cluster; the way there stays open."""
        self.local.release(owner)
        remote = self._remotes.get(self._users.get(owner, ""))
        if remote is not None:
            remote.cluster.release(owner)

    def release(self, owner: ssa.Owner) -> None:
        """The owner is gone, and with it the way to its cluster if nobody else uses that."""
        self.local.release(owner)
        self._leave(owner, self._users.pop(owner, ""))

    def _leave(self, owner: ssa.Owner, key: str) -> None:
        if not key:
            self.local.release(owner)
            return
        remote = self._remotes.get(key)
        if remote is None:
            return
        remote.cluster.release(owner)
        # Few clusters are ever left: looking through all that use one is cheap enough.
        if key not in self._users.values():
            del self._remotes[key]
            remote.task.cancel()

    async def _remote(self, route: Route) -> Cluster:
        found = self._remotes.get(route.key)
        if found is not None and not found.task.done():
            return found.cluster
        reached: asyncio.Future[Cluster] = asyncio.get_running_loop().create_future()
        task = self._tasks.spawn(self._keep(route, reached), name=f"cluster {route.key[:8]}")
        cluster = await reached
        self._remotes[route.key] = _Remote(cluster, task)
        return cluster

    async def _keep(self, route: Route, reached: asyncio.Future[Cluster]) -> None:
        """Hold everything that belongs to a remote cluster, until nobody uses it any more."""
        try:
            client = await kube.Client.connect(route.access, user_agent=self._user_agent, clock=self._clock)
        except kube.KubeError as error:
            reached.set_exception(Unreachable(str(error)))
            return
        # Who no longer leads here writes nothing there.
        client.guard(self._client.may_write)
        async with client, aio.TaskOwner() as tasks:
            cluster = self._made(route.key, client, tasks)
            drift = ssa.DriftWatch(cluster.resources, listener=self._listener(), clock=self._clock)
            reached.set_result(cluster)
            await drift.run()

    def _made(self, key: str, client: kube.Client, tasks: aio.TaskOwner) -> Cluster:
        def told(identity: ssa.Identity, _found: object = None) -> None:
            self._changed(_token(key, identity))

        resources = ssa.ResourceManager(client, tasks=tasks, clock=self._clock, settings=self._settings)
        resources.view.add_listener(told)
        readiness = ssa.Readiness(client, resources, tasks=tasks, changed=told, clock=self._clock)
        workloads = ssa.Workloads(client, tasks=tasks, changed=told, clock=self._clock)
        return Cluster(key, resources, readiness, workloads, Judge(self._expressions, readiness))
