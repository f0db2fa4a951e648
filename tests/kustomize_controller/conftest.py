"""The whole controller in this process, against a real API server; sources are stood in for by the test."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import itertools
import os
import pathlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sluice import aio, archive, git, kube, runtime, yamlio
from sluice.appliers.artifacts import Artifacts
from sluice.testing import builders, namespaces, polling, webs
from sluice_controllers.kustomize import __main__ as process
from sluice_controllers.kustomize.kustomization import CONTROLLER
from sluice_controllers.kustomize.settings import KustomizeSettings
from sluice_controllers.kustomize.ways import Ways

Object = dict[str, Any]

SOURCES = "source.toolkit.fluxcd.io/v1"
KUSTOMIZATIONS = "kustomize.toolkit.fluxcd.io/v1"
PATIENCE = 20.0
"""Seconds until what was expected is missed; less than the 30 after which Flux would look again."""
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
async def pool() -> AsyncIterator[aio.WorkerPool]:
    async with aio.WorkerPool(1, preload=("sluice_controllers.kustomize.builds",)) as running:
        yield running


@dataclass
class Space:
    """A namespace, a source in it whose artifacts the test makes, and a controller that can be started and killed."""

    client: kube.Client
    namespace: str
    scratch: pathlib.Path
    kubeconfig: pathlib.Path
    pool: aio.WorkerPool
    clock: aio.Clock = field(default_factory=aio.SystemClock)
    """The controller's."""
    url: str = ""
    files: dict[str, str] = field(default_factory=dict)
    served: dict[str, bytes] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    """Requests of the controller, watches left out, as `METHOD resource`."""
    log: list[kube.Seen] = field(default_factory=list)
    _asked: int = 0

    async def source(self, name: str = "src") -> None:
        """A source without an artifact."""
        await self.apply(builders.git_repository(name, self.namespace, "http://127.0.0.1:1/none.git"))

    async def commit(
        self, files: Mapping[str, Object | str], *, remove: tuple[str, ...] = (), name: str = "src", **artifact: Any
    ) -> str:
        """Store files as the source's next artifact; its revision."""
        for path, item in files.items():
            self.files[path] = item if isinstance(item, str) else yamlio.dump(item)
        for path in remove:
            del self.files[path]
        packed = self._packed()
        digest = hashlib.sha256(packed).hexdigest()
        self.served[digest] = packed
        revision = f"main@sha1:{hashlib.sha1(packed).hexdigest()}"
        status = {
            "digest": f"sha256:{digest}",
            "lastUpdateTime": "2026-01-01T00:00:00Z",
            "path": "none",
            "revision": revision,
            "url": f"{self.url}/{digest}",
            **artifact,
        }
        await self.patch_status("GitRepository", name, {"artifact": status, "observedGeneration": 1})
        return revision

    def _packed(self) -> bytes:
        root = self.scratch / f"tree-{next(_NUMBERS)}"
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        root.mkdir(exist_ok=True)
        out = io.BytesIO()
        archive.pack(root, out, ignore=lambda path, is_folder: False)
        return out.getvalue()

    async def kustomization(self, name: str = "app", **spec: Any) -> None:
        await self.apply(builders.kustomization(name, self.namespace, "src", **spec))

    async def apply(self, body: Object, *, by: str = "kubectl") -> Object:
        resource = await self.client.resource_for(body["apiVersion"], body["kind"])
        return await self.client.apply(resource, body, manager=by)

    async def patch(self, kind: str, name: str, body: Any, *, api_version: str = "v1", subresource: str = "") -> None:
        resource = await self.client.resource_for(api_version, kind)
        await self.client.patch(
            resource,
            name,
            self.namespace,
            body,
            kind=kube.PatchType.MERGE,
            manager="by-hand",
            subresource=subresource,
        )

    async def patch_status(self, kind: str, name: str, status: Object) -> None:
        api_version = SOURCES if kind == "GitRepository" else KUSTOMIZATIONS
        await self.patch(kind, name, {"status": status}, api_version=api_version, subresource="status")

    async def request(self, name: str = "app") -> str:
        self._asked += 1
        asked = f"ask-{self._asked}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}
        await self.patch("Kustomization", name, body, api_version=KUSTOMIZATIONS)
        return asked

    async def get(self, kind: str, name: str, api_version: str = "v1") -> Object | None:
        resource = await self.client.resource_for(api_version, kind)
        try:
            return await self.client.get(resource, name, self.namespace)
        except kube.NotFound:
            return None

    async def delete(self, kind: str, name: str, api_version: str = "v1") -> None:
        await self.client.delete(await self.client.resource_for(api_version, kind), name, self.namespace)

    async def see(self, until: Callable[[Object], bool], name: str = "app", *, seconds: float = PATIENCE) -> Object:
        """The Kustomization, once it is as wanted."""

        async def look() -> Object | None:
            return await self.get("Kustomization", name, KUSTOMIZATIONS)

        found = await polling.eventually(look, lambda one: one is not None and until(one), timeout=seconds)
        assert found is not None
        return found

    async def see_ready(self, status: str = "True", reason: str = "", name: str = "app", **more: Any) -> Object:
        def wanted(obj: Object) -> bool:
            found = condition(obj)
            fresh = found.get("observedGeneration") == obj["metadata"]["generation"]
            return fresh and found.get("status") == status and reason in ("", found["reason"])

        return await self.see(wanted, name, **more)

    async def see_applied(self, revision: str, name: str = "app", **more: Any) -> Object:
        return await self.see(
            lambda obj: (
                obj.get("status", {}).get("lastAppliedRevision") == revision and condition(obj).get("status") == "True"
            ),
            name,
            **more,
        )

    async def see_data(self, name: str, data: Object | None, *, seconds: float = PATIENCE) -> None:
        async def look() -> Object | None:
            return (await self.get("ConfigMap", name) or {}).get("data")

        await polling.eventually(look, lambda found: found == data, timeout=seconds, what=f"ConfigMap {name}")

    async def events(self, count: int = 0, about: str = "app") -> list[str]:
        """Events of a Kustomization, oldest first, as `Type Reason message`; waits until there are so many."""
        resource = await self.client.resource_for("v1", "Event")

        async def look() -> list[Object]:
            fields = f"involvedObject.kind=Kustomization,involvedObject.name={about}"
            return (await self.client.list(resource, self.namespace, fields=fields)).items

        found = await polling.eventually(look, lambda seen: len(seen) >= count, what=f"{count} events")
        found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [f"{event['type']} {event['reason']} {event['message']}" for event in found]

    @contextlib.asynccontextmanager
    async def controller(self, *flags: str) -> AsyncIterator[runtime.Manager]:
        """The controller, killed without farewell at the end."""
        settings = KustomizeSettings.parse(["--metrics-addr=0", "--health-addr=0", *flags], {})
        settings = KustomizeSettings(
            **{**vars(settings), "watch_all_namespaces": False, "runtime_namespace": self.namespace}
        )
        cache = self.scratch / f"cache-{next(_NUMBERS)}"
        await asyncio.to_thread(cache.mkdir)
        async with contextlib.AsyncExitStack() as stack:
            connected = await kube.Client.connect(self.kubeconfig, user_agent="kustomize-controller")
            await stack.enter_async_context(connected)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            tasks = await stack.enter_async_context(aio.TaskOwner())
            manager = runtime.Manager(settings, connected, name=CONTROLLER, clock=self.clock)
            artifacts = Artifacts(cache, session, self.pool)
            ways = Ways(await stack.enter_async_context(git.Outlet(loopback=True)), cache)
            process.wire(manager, settings, tasks=tasks, artifacts=artifacts, pool=self.pool, ways=ways)
            connected.observe(self._count)
            tasks.spawn(manager.run(), name="controller")
            yield manager

    def _count(self, seen: kube.Seen) -> None:
        self.seen[f"{seen.method} {seen.resource}"] += 1
        self.log.append(seen)


def condition(obj: Object, type_: str = "Ready") -> Object:
    found = (one for one in obj.get("status", {}).get("conditions", ()) if one["type"] == type_)
    return next(found, {})


def config_map(name: str, **data: str) -> Object:
    return builders.config_map(name, **(data or {"k": "v"}))


SLOW = builders.git_repository("slow", "", "http://127.0.0.1:1/none.git")
"""An object whose controller is the test: current once it says so."""


async def finish(space: Space) -> None:
    async def look() -> bool:
        return await space.get("GitRepository", "slow", SOURCES) is not None

    await polling.eventually(look, what="the slow object")
    ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "done"}
    done = {"observedGeneration": 1, "conditions": [{**ready, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
    await space.patch_status("GitRepository", "slow", done)


@pytest.fixture
async def space(
    client: kube.Client, kubeconfig: pathlib.Path, pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> AsyncIterator[Space]:
    """A space with a source that has no artifact yet."""
    async with opened(client, kubeconfig, pool, tmp_path) as made:
        yield made


@contextlib.asynccontextmanager
async def opened(
    client: kube.Client, kubeconfig: pathlib.Path, pool: aio.WorkerPool, scratch: pathlib.Path
) -> AsyncIterator[Space]:
    """A space, and its end."""
    made = Space(client, f"kc-{os.getpid()}-{next(_NUMBERS)}", scratch, kubeconfig, pool)
    await namespaces.create(client, made.namespace)

    async def serve(request: web.Request) -> web.Response:
        body = made.served.get(request.match_info["digest"])
        return web.Response(body=body) if body is not None else web.Response(status=404)

    application = web.Application()
    application.router.add_get("/{digest}", serve)
    try:
        async with webs.serving(application) as made.url:
            await made.source()
            yield made
    finally:
        await release(made)


async def release(space: Space) -> None:
    """No controller is there any more to take its finalizers off."""
    resource = await space.client.resource_for(KUSTOMIZATIONS, "Kustomization")
    for item in (await space.client.list(resource, space.namespace)).items:
        await space.patch(
            "Kustomization", item["metadata"]["name"], {"metadata": {"finalizers": None}}, api_version=KUSTOMIZATIONS
        )
    await namespaces.delete(space.client, space.namespace)
