"""The whole controller in this process, against a real API server; sources are stood in for by the test."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import os
import pathlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from sluice import aio, kube, runtime
from sluice.appliers.artifacts import Artifacts
from sluice.appliers.lookups import Lookups
from sluice.testing import charts, namespaces, polling, webs
from sluice_controllers.helm import __main__ as process
from sluice_controllers.helm.helmrelease import CONTROLLER
from sluice_controllers.helm.settings import HelmSettings

Object = dict[str, Any]

RELEASES = "helm.toolkit.fluxcd.io/v2"
SOURCES = "source.toolkit.fluxcd.io/v1"
CONFIG_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  v: {{ .Values.v | quote }}\n"
)
PATIENCE = 20.0
"""Seconds until what was expected is missed; less than the 30 after which Flux would look again."""
_NUMBERS = itertools.count()


@dataclass
class Space:
    """A namespace, sources in it whose artifacts the test makes, and a controller that can be started and killed."""

    client: kube.Client
    namespace: str
    scratch: pathlib.Path
    kubeconfig: pathlib.Path
    pool: aio.WorkerPool
    url: str = ""
    served: dict[str, bytes] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    """Requests of the controller, watches left out, as `METHOD resource`."""
    _asked: int = 0

    async def source(
        self, name: str = "src", kind: str = "OCIRepository", *, files: Mapping[str, str] | None = None, **artifact: Any
    ) -> str:
        """A source that has a chart; its digest. By default the chart is `demo` 1.0.0 with one ConfigMap."""
        found = files or chart_files()
        package = charts.packed(found, "demo/")
        digest = hashlib.sha256(package).hexdigest()
        self.served[digest] = package
        await self.apply(_source(kind, name, self.namespace))
        status = {
            "digest": f"sha256:{digest}",
            "lastUpdateTime": "2026-01-01T00:00:00Z",
            "path": "none",
            "revision": f"1.0.0@sha256:{digest}" if kind == "OCIRepository" else "1.0.0",
            "url": f"{self.url}/{digest}",
            **artifact,
        }
        await self.patch_status(kind, name, {"artifact": status, "observedGeneration": 1})
        return digest

    async def release(self, name: str = "app", **spec: Any) -> Object:
        """A HelmRelease, by default of the chart in the OCIRepository `src`."""
        chart = {} if "chart" in spec else {"chartRef": {"kind": "OCIRepository", "name": "src"}}
        body = {"interval": "1h", "timeout": "20s", **chart, **spec}
        metadata = {"name": name, "namespace": self.namespace}
        return await self.apply({"apiVersion": RELEASES, "kind": "HelmRelease", "metadata": metadata, "spec": body})

    async def apply(self, body: Object, *, by: str = "kubectl") -> Object:
        resource = await self.client.resource_for(body["apiVersion"], body["kind"])
        body = {**body, "metadata": {"namespace": self.namespace, **body["metadata"]}}
        return await self.client.apply(resource, body, manager=by)

    async def patch(self, kind: str, name: str, body: Any, *, api_version: str = "v1", subresource: str = "") -> None:
        resource = await self.client.resource_for(api_version, kind)
        await self.client.patch(
            resource, name, self.namespace, body, kind=kube.PatchType.MERGE, manager="by-hand", subresource=subresource
        )

    async def patch_status(self, kind: str, name: str, status: Object) -> None:
        api_version = RELEASES if kind == "HelmRelease" else SOURCES
        await self.patch(kind, name, {"status": status}, api_version=api_version, subresource="status")

    async def edit(self, name: str = "app", **spec: Any) -> None:
        await self.patch("HelmRelease", name, {"spec": spec}, api_version=RELEASES)

    async def ask(self, name: str = "app", **annotations: str) -> str:
        """Ask for a pass; other annotations of Flux's, such as `forceAt`, get the same value where they say "same"."""
        self._asked += 1
        asked = f"ask-{self._asked}"
        found = {key: asked if value == "same" else value for key, value in annotations.items()}
        prefixed = {f"reconcile.fluxcd.io/{key}": value for key, value in {"requestedAt": asked, **found}.items()}
        await self.patch("HelmRelease", name, {"metadata": {"annotations": prefixed}}, api_version=RELEASES)
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
        """The HelmRelease, once it is as wanted."""

        async def look() -> Object | None:
            return await self.get("HelmRelease", name, RELEASES)

        found = await polling.eventually(look, lambda one: one is not None and until(one), timeout=seconds)
        assert found is not None
        return found

    async def see_ready(self, status: str = "True", reason: str = "", name: str = "app", **more: Any) -> Object:
        def wanted(obj: Object) -> bool:
            found = condition(obj)
            fresh = found.get("observedGeneration") == obj["metadata"]["generation"]
            return fresh and found.get("status") == status and reason in ("", found["reason"])

        return await self.see(wanted, name, **more)

    async def see_handled(self, asked: str, name: str = "app") -> Object:
        return await self.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked, name)

    async def see_gone(self, kind: str, name: str, api_version: str = "v1") -> None:
        async def look() -> bool:
            return await self.get(kind, name, api_version) is None

        await polling.eventually(look, timeout=PATIENCE, what=f"the end of {kind} {name}")

    async def events(self, count: int = 0, about: str = "app") -> list[str]:
        """Events of a HelmRelease, oldest first, as `Type Reason message`; waits until there are so many."""
        resource = await self.client.resource_for("v1", "Event")

        async def look() -> list[Object]:
            fields = f"involvedObject.kind=HelmRelease,involvedObject.name={about}"
            return (await self.client.list(resource, self.namespace, fields=fields)).items

        found = await polling.eventually(look, lambda seen: len(seen) >= count, what=f"{count} events")
        found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [f"{event['type']} {event['reason']} {event['message']}" for event in found]

    @contextlib.asynccontextmanager
    async def controller(self, *flags: str) -> AsyncIterator[runtime.Manager]:
        """The controller, killed without farewell at the end."""
        settings = HelmSettings.parse(["--metrics-addr=0", "--health-addr=0", *flags], {})
        settings = HelmSettings(
            **{**vars(settings), "watch_all_namespaces": False, "runtime_namespace": self.namespace}
        )
        cache = self.scratch / f"cache-{next(_NUMBERS)}"
        await asyncio.to_thread(cache.mkdir)
        async with contextlib.AsyncExitStack() as stack:
            connected = await kube.Client.connect(self.kubeconfig, user_agent=CONTROLLER)
            await stack.enter_async_context(connected)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            lookups = await stack.enter_async_context(Lookups())
            tasks = await stack.enter_async_context(aio.TaskOwner())
            manager = runtime.Manager(settings, connected, name=CONTROLLER)
            artifacts = Artifacts(cache, session, None)
            process.wire(manager, settings, tasks=tasks, artifacts=artifacts, pool=self.pool, lookups=lookups)
            connected.observe(self._count)
            tasks.spawn(manager.run(), name="controller")
            yield manager

    def _count(self, seen: kube.Seen) -> None:
        self.seen[f"{seen.method} {seen.resource}"] += 1


def chart_files(version: str = "1.0.0", **files: str) -> dict[str, str]:
    """The files of the chart `demo`."""
    head = f"apiVersion: v2\nname: demo\nversion: {version}\nappVersion: {version}\n"
    return {"Chart.yaml": head, "values.yaml": "v: one\n", "templates/cm.yaml": CONFIG_MAP, **files}


def condition(obj: Object, type_: str = "Ready") -> Object:
    found = (one for one in obj.get("status", {}).get("conditions", ()) if one["type"] == type_)
    return next(found, {})


def _source(kind: str, name: str, namespace: str) -> Object:
    specs: dict[str, Object] = {
        "OCIRepository": {"interval": "1h", "url": "oci://127.0.0.1:1/none", "suspend": True},
        "HelmChart": {
            "interval": "1h",
            "chart": "demo",
            "sourceRef": {"kind": "HelmRepository", "name": "none"},
            "suspend": True,
        },
        "ExternalArtifact": {},
    }
    return {
        "apiVersion": SOURCES,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": specs[kind],
    }


@contextlib.asynccontextmanager
async def opened(
    client: kube.Client, kubeconfig: pathlib.Path, pool: aio.WorkerPool, scratch: pathlib.Path
) -> AsyncIterator[Space]:
    """A space, and its end."""
    made = Space(client, f"hc-{os.getpid()}-{next(_NUMBERS)}", scratch, kubeconfig, pool)
    await namespaces.create(client, made.namespace)

    async def serve(request: web.Request) -> web.Response:
        body = made.served.get(request.match_info["digest"])
        return web.Response(body=body) if body is not None else web.Response(status=404)

    application = web.Application()
    application.router.add_get("/{digest}", serve)
    try:
        async with webs.serving(application) as made.url:
            yield made
    finally:
        await _release(made)


async def _release(space: Space) -> None:
    """No controller is there any more to take its finalizers off."""
    resource = await space.client.resource_for(RELEASES, "HelmRelease")
    for item in (await space.client.list(resource, space.namespace)).items:
        body = {"metadata": {"finalizers": None}}
        await space.patch("HelmRelease", item["metadata"]["name"], body, api_version=RELEASES)
    await namespaces.delete(space.client, space.namespace)


SLOW = """apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: slow
spec:
  interval: 1h
  suspend: true
  url: http://127.0.0.1:1/none.git
"""
"""A template of an object whose controller is the test: current once it says so."""


async def finish(space: Space) -> None:
    """Have the slow object be current."""

    async def look() -> bool:
        return await space.get("GitRepository", "slow", SOURCES) is not None

    await polling.eventually(look, what="the slow object")
    ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "done"}
    done = {"observedGeneration": 1, "conditions": [{**ready, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
    await space.patch_status("GitRepository", "slow", done)
