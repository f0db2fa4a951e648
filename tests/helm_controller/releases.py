"""Releases for tests: what is rendered, and actions that are gone on with whenever a watch shows something."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.helm_controller.conftest import Cluster

from sluice import aio, kube, runtime, ssa, yamlio
from sluice.appliers.clusters import Cluster as Applied
from sluice.appliers.expressions import Expressions
from sluice.appliers.judging import Judge, Rules
from sluice.helm.releases.records import Hook, Release
from sluice.testing import polling
from sluice_api.helm.v2 import Filter
from sluice_controllers.helm.actions import (
    installing,
    rolling_back,
    testing,
    uninstalling,
    unlocking,
    upgrading,
)
from sluice_controllers.helm.actions.working import Failure, Options, Place, Work
from sluice_controllers.helm.revisions import Target
from sluice_controllers.helm.storage import Storage
from sluice_controllers.helm.watching import ClusterWatches

OWNER = ssa.Owner(namespace="apps", name="web")
PATIENCE = 60.0


def chart(version: str = "1.0.0") -> dict[str, Any]:
    return {"metadata": {"name": "web", "version": version, "apiVersion": "v2"}, "templates": [], "values": {}}


@dataclass(frozen=True, kw_only=True)
class Content:
    """What was rendered."""

    manifest: str
    hooks: tuple[Hook, ...] = ()
    chart: Mapping[str, Any] = field(default_factory=chart)
    notes: str = "thanks"

    @property
    def objects(self) -> Sequence[dict[str, Any]]:
        return yamlio.load_all(self.manifest)


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def content(*objects: dict[str, Any], hooks: Sequence[Hook] = (), version: str = "1.0.0") -> Content:
    text = "".join(f"---\n# Source: web/templates/a.yaml\n{yamlio.dump(obj)}" for obj in objects)
    return Content(manifest=text, hooks=tuple(hooks), chart=chart(version))


def hook(obj: dict[str, Any], *events: str, weight: int = 0, **fields: Any) -> Hook:
    annotations = {"helm.sh/hook": ",".join(events), "helm.sh/hook-weight": str(weight)}
    metadata = {**obj["metadata"], "annotations": {**obj["metadata"].get("annotations", {}), **annotations}}
    return Hook(
        name=obj["metadata"]["name"],
        kind=obj["kind"],
        path="web/templates/hook.yaml",
        manifest=yamlio.dump({**obj, "metadata": metadata}),
        events=events,
        weight=weight,
        **fields,
    )


def pod(name: str, **annotations: str) -> dict[str, Any]:
    """A Pod that ends when the test says so."""
    metadata = {"name": name, "annotations": {"sluice.dev/simulate": "never", **annotations}}
    spec = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@dataclass
class Bench:
    """Does actions on the release `web` of a cluster's namespace, as many passes as it takes."""

    cluster: Cluster
    applied: Applied
    woken: asyncio.Event
    memory: dict[str, Any] = field(default_factory=dict)
    work: Work = field(default_factory=Work)
    written: list[Release] = field(default_factory=list)
    passes: int = 0

    def place(self, options: Options | None = None) -> Place:
        async def observe(release: Release) -> None:
            self.written.append(release)

        watches = ClusterWatches(
            self.applied, OWNER, subscribe=lambda _: None, memory=self.memory, rules=Rules((), tenant="apps")
        )
        clock, cluster = aio.SystemClock(), self.cluster
        storage = Storage(cluster.own, cluster.namespace, workers=cluster.workers, clock=clock, observer=observe)
        return Place(
            client=cluster.own,
            storage=storage,
            watches=watches,
            workers=cluster.workers,
            clock=clock,
            options=options or Options(),
        )

    @property
    def target(self) -> Target:
        return Target(name="web", namespace=self.cluster.namespace, config={"a": 1})

    async def until_done(self, go_on: Callable[[], Awaitable[None]]) -> None:
        """Go on until it ends, each time something is seen."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.woken.clear()
                self.passes += 1
                try:
                    return await go_on()
                except runtime.Waiting as waiting:
                    async with asyncio.timeout(waiting.after):
                        await self.woken.wait()

    async def until_it_waits(self, go_on: Callable[[], Awaitable[None]]) -> None:
        try:
            await go_on()
        except runtime.Waiting:
            return
        raise AssertionError("it did not wait")

    async def install(self, given: Content, **options: Any) -> None:
        place = await self.begin_install(given, **options)
        await self.until_done(lambda: installing.finish(place, self.work))

    async def begin_install(self, given: Content, **options: Any) -> Place:
        place = self.place(Options(**options))
        self.work = Work()
        last = await place.storage.last("web")
        await installing.begin(place, self.work, self.target, given, last.release if last else None)
        return place

    async def upgrade(self, given: Content, **options: Any) -> None:
        place = await self.begin_upgrade(given, **options)
        await self.until_done(lambda: upgrading.finish(place, self.work))

    async def begin_upgrade(self, given: Content, **options: Any) -> Place:
        place = self.place(Options(**{"server_side": None, **options}))
        self.work = Work()
        entries = await place.storage.entries("web")
        last = await place.storage.last("web")
        self.work.base = await upgrading.base(place, "web", last, entries)
        assert last is not None
        await upgrading.begin(place, self.work, self.target, given, last, entries)
        return place

    async def rollback(self, version: int, **options: Any) -> None:
        place = self.place(Options(**{"server_side": None, **options}))
        self.work = Work()
        last, target = await place.storage.last("web"), await place.storage.get("web", version)
        assert last is not None
        assert target is not None
        await rolling_back.begin(place, self.work, target.release, last, await place.storage.entries("web"))
        await self.until_done(lambda: rolling_back.finish(place, self.work))

    async def uninstall(self, **options: Any) -> None:
        place = self.place(Options(**options))
        self.work = Work()
        last = await place.storage.last("web")
        assert last is not None
        await uninstalling.begin(place, self.work, last)
        await self.until_done(lambda: uninstalling.finish(place, self.work))

    async def test(self, *filters: Filter, **options: Any) -> None:
        place = self.place(Options(**options))
        self.work = Work()
        last = await place.storage.last("web")
        assert last is not None
        testing.begin(self.work, last, filters)
        await self.until_done(lambda: testing.finish(place, self.work, filters))

    async def unlock(self) -> None:
        place = self.place()
        last = await place.storage.last("web")
        assert last is not None
        await unlocking.unlock(place, last)

    async def failure(self, action: Awaitable[None]) -> str:
        """Why the action failed."""
        try:
            await action
        except Failure as failure:
            return str(failure)
        raise AssertionError("it did not fail")

    async def crash(self, version: int) -> None:
        """Forget all but the records, as another process would not know it."""
        self.applied.readiness.release(("action", OWNER))
        self.memory.clear()
        record = await self.place().storage.get("web", version)
        assert record is not None
        self.work = Work(record=record)

    async def history(self) -> list[tuple[int, str, str]]:
        found = await self.place().storage.history("web")
        return [(each.release.version, each.release.info.status, each.release.info.description) for each in found]

    async def last(self) -> Release:
        found = await self.place().storage.last("web")
        assert found is not None
        return found.release

    async def data(self, name: str) -> dict[str, str] | None:
        found = await self.cluster.get("ConfigMap", name)
        return None if found is None else found.get("data", {})

    async def end(self, name: str, phase: str = "Succeeded") -> None:
        """Have a Pod end, as its kubelet would."""
        resource = await self.cluster.client.resource_for("v1", "Pod")
        body = {"status": {"phase": phase}}
        await self.cluster.client.patch(
            resource,
            name,
            self.cluster.namespace,
            body,
            kind=kube.PatchType.MERGE,
            manager="tests",
            subresource="status",
        )

    async def end_when_there(self, *names: str, phase: str = "Succeeded") -> None:
        """Have Pods end, each as soon as it is there."""
        for name in names:
            await self.appeared(name)
            await self.end(name, phase)

    async def appeared(self, name: str) -> None:
        """Return when there is such a Pod."""
        await polling.eventually(functools.partial(self.cluster.get, "Pod", name), what=f"pod {name}")


@asynccontextmanager
async def bench(cluster: Cluster) -> AsyncIterator[Bench]:
    clock, woken = aio.SystemClock(), asyncio.Event()
    async with aio.TaskOwner() as tasks:
        resources = ssa.ResourceManager(cluster.own, tasks=tasks, clock=clock, settings=ssa.Settings())

        def changed(_: ssa.Identity) -> None:
            woken.set()

        readiness = ssa.Readiness(cluster.own, resources, tasks=tasks, changed=changed, clock=clock)
        workloads = ssa.Workloads(cluster.own, tasks=tasks, changed=changed, clock=clock)
        judge = Judge(Expressions(tasks, clock), readiness)
        yield Bench(cluster, Applied("", resources, readiness, workloads, judge), woken)
