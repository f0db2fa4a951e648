"""A cluster, a namespace of the test's own, and controllers whose steps a test writes."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from sluice import aio, kube, runtime, testing
from sluice.runtime import Cause, Context, Request
from sluice.testing import namespaces
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.source import v1 as sourcev1

_NUMBERS = itertools.count()


@pytest.fixture
async def namespace(client: kube.Client) -> AsyncIterator[str]:
    name = f"runtime-{os.getpid()}-{next(_NUMBERS)}"
    await namespaces.create(client, name)
    yield name
    await namespaces.delete(client, name)


@pytest.fixture
def git_kind() -> runtime.Kind[sourcev1.GitRepository]:
    negative = ("StorageOperationFailed", "FetchFailed", "ArtifactOutdated")
    positive = ("ArtifactInStorage", "SourceVerified")
    return runtime.Kind(
        resource=kube.Resource(
            group="source.toolkit.fluxcd.io",
            version="v1",
            kind="GitRepository",
            plural="gitrepositories",
            namespaced=True,
        ),
        model=sourcev1.GitRepository,
        controller="source-controller",
        conditions=runtime.ConditionPolicy(
            auxiliary=(*negative, *positive),
            negative=frozenset(negative),
            summary=(*negative, *positive, "Stalled", "Reconciling"),
            decisive=("SourceVerified",),
            opening=True,
        ),
    )


@pytest.fixture
def app_kind() -> runtime.Kind[kustomizev1.Kustomization]:
    return runtime.Kind(
        resource=kube.Resource(
            group="kustomize.toolkit.fluxcd.io",
            version="v1",
            kind="Kustomization",
            plural="kustomizations",
            namespaced=True,
        ),
        model=kustomizev1.Kustomization,
        controller="kustomize-controller",
        field_manager="gotk-kustomize-controller",
        conditions=runtime.ConditionPolicy(auxiliary=("Healthy",), pending="Reconciliation in progress"),
    )


@dataclass
class Told:
    """The events of a controller, in order."""

    events: list[tuple[str, str, str]] = field(default_factory=list)

    def emit(
        self,
        obj: kube.Object,
        type_: runtime.EventType,
        reason: str,
        message: str,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.events.append((type_, reason, message))


Script = Callable[[Context[Any]], Awaitable[runtime.Success | None]]


class Puppet:
    """A reconciler whose one step, and whose finalisation, a test writes. Without a script it succeeds."""

    def __init__(self, kind: runtime.Kind[Any]) -> None:
        self.kind = kind
        self.steps = (self.act,)
        self.script: Script | None = None
        self.finalizer: Script | None = None
        self.passes: list[frozenset[Cause]] = []
        self.finalized = 0
        self.success = runtime.Success(interval=None, reason="ReconciliationSucceeded", message="Applied")

    async def act(self, ctx: Context[Any], parsed: Any) -> runtime.Success:
        assert isinstance(parsed, self.kind.model)
        self.passes.append(ctx.causes)
        return (self.script and await self.script(ctx)) or self.success

    def succeed(self, ctx: Context[Any], value: runtime.Success) -> runtime.Success:
        return value

    async def finalize(self, ctx: Context[Any]) -> None:
        self.finalized += 1
        if self.finalizer:
            await self.finalizer(ctx)


class Stage:
    """One running controller, its puppet, and what was written by it."""

    def __init__(self, client: kube.Client, namespace: str, kind: runtime.Kind[Any]) -> None:
        self.client = client
        self.namespace = namespace
        self.kind = kind
        self.puppet = Puppet(kind)
        self.told = Told()
        self.clock: aio.Clock = aio.SystemClock()
        self.options = runtime.ControllerOptions(workers=2, min_retry_delay=0.05)
        self.seen: list[kube.Seen] = []
        self.metrics = runtime.Metrics()
        self.controller: runtime.Controller[Any]
        self.informer: kube.Informer
        self._running = AsyncExitStack()
        self._following: asyncio.Task[None]
        client.observe(self.seen.append)

    async def start(self) -> None:
        """Start (again, after `kill`) with nothing remembered."""
        self.informer = kube.Informer(self.client, self.kind.resource, namespace=self.namespace)
        self.controller = runtime.Controller(
            self.puppet,
            client=self.client,
            informer=self.informer,
            events=self.told,
            options=self.options,
            clock=self.clock,
            observer=self.metrics.controller("app", self.kind.resource.kind, lambda: self.controller.queue, self.clock),
        )
        owner = await self._running.enter_async_context(aio.TaskOwner())
        self._following = owner.spawn(self.informer.run(), name="informer")
        owner.spawn(self.controller.run(), name="controller")
        await self.informer.wait_synced()

    async def kill(self) -> None:
        """End at once, in the middle of whatever is going on."""
        await self._running.aclose()

    async def freeze_informer(self) -> None:
        """Let the informer see nothing any more."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    async def create(self, obj: kube.Object) -> kube.Object:
        obj = {**obj, "metadata": {**obj["metadata"], "namespace": self.namespace}}
        return await self.client.create(self.kind.resource, obj, manager="kubectl")

    async def edit(self, name: str, body: Any, *, subresource: str = "") -> kube.Object:
        return await self.client.patch(
            self.kind.resource,
            name,
            self.namespace,
            body,
            kind=kube.PatchType.MERGE,
            manager="kubectl",
            subresource=subresource,
        )

    async def delete(self, name: str) -> None:
        await self.client.delete(self.kind.resource, name, self.namespace)

    async def get(self, name: str) -> kube.Object | None:
        try:
            return await self.client.get(self.kind.resource, name, self.namespace)
        except kube.NotFound:
            return None

    async def see(self, name: str, until: Callable[[kube.Object], Any], what: str = "") -> kube.Object:
        found = await testing.eventually(
            lambda: self.get(name), lambda obj: obj is not None and bool(until(obj)), what=what or name
        )
        assert found is not None
        return found

    async def see_gone(self, name: str) -> None:
        await testing.eventually(lambda: self.get(name), lambda obj: obj is None, what=f"the end of {name}")

    async def passes(self, count: int) -> None:
        """Return when that many passes have begun and the workers are idle."""

        async def look() -> tuple[int, bool]:
            queue = self.controller.queue
            return len(self.puppet.passes), not len(queue) and not queue.working_since()

        await testing.eventually(look, lambda seen: seen[0] >= count and seen[1], what=f"{count} passes")

    async def idle(self) -> None:
        """Return when no pass is running or ready."""
        await self.passes(0)

    def enqueue(self, name: str) -> None:
        self.controller.enqueue(Request(self.namespace, name))

    def writes(self) -> list[str]:
        """The writes since last asked."""
        found = [seen.method for seen in self.seen if seen.method != "GET"]
        self.seen.clear()
        return found


@pytest.fixture
async def apps(
    client: kube.Client, namespace: str, app_kind: runtime.Kind[kustomizev1.Kustomization]
) -> AsyncIterator[Stage]:
    stage = Stage(client, namespace, app_kind)
    await stage.start()
    yield stage
    await stage.kill()
    await _unblock(stage)


async def _unblock(stage: Stage) -> None:
    """Take the finalizers off what a test left, so that its namespace can go."""
    for obj in (await stage.client.list(stage.kind.resource, stage.namespace)).items:
        await stage.edit(obj["metadata"]["name"], {"metadata": {"finalizers": None}})
