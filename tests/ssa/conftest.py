"""A cluster, a namespace of the test's own, and a manager that counts what it asks."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sluice import aio, kube, ssa
from sluice.testing import namespaces, polling

_NUMBERS = itertools.count()
OWNER = ssa.Owner(namespace="flux-system", name="apps")


@dataclass
class Cluster:
    """What the tests do with the cluster, beside the manager's doing."""

    client: kube.Client
    namespace: str
    manager: ssa.ResourceManager
    tasks: aio.TaskOwner
    own: kube.Client
    """The manager's client."""
    seen: Counter[str] = field(default_factory=Counter)
    """Requests of the manager by method, watches and lists of the informers left out."""

    def config_map(self, name: str, data: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": self.namespace, **meta}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {"k": "v"}}
        return ssa.prepared(body, OWNER)

    async def apply(self, *objects: dict[str, Any], **options: Any) -> list[str]:
        self.seen.clear()
        done = await self.manager.apply(objects, OWNER, options=ssa.ApplyOptions(**options))
        return [f"{change.ref.name} {change.action}" for change in done]

    async def get(self, kind: str, name: str, api_version: str = "v1") -> dict[str, Any] | None:
        resource = await self.client.resource_for(api_version, kind)
        try:
            return await self.client.get(resource, name, self.namespace)
        except kube.NotFound:
            return None

    async def patch(self, kind: str, name: str, body: Any, *, by: str = "someone", api_version: str = "v1") -> None:
        resource = await self.client.resource_for(api_version, kind)
        await self.client.patch(resource, name, self.namespace, body, kind=kube.PatchType.MERGE, manager=by)

    async def put(self, body: dict[str, Any], *, by: str = "kubectl") -> None:
        body = {**body, "metadata": {"namespace": self.namespace, **body["metadata"]}}
        resource = await self.client.resource_for(body["apiVersion"], body["kind"])
        await self.client.apply(resource, body, manager=by)

    async def see(self, body: dict[str, Any]) -> None:
        """Return when the manager's watch shows the object."""

        async def look() -> object:
            return self.manager.view.get(ssa.Identity.of(body))

        await polling.eventually(look, lambda found: found is not None, what="the object in the watch")

    async def delete(self, kind: str, name: str, api_version: str = "v1") -> None:
        await self.client.delete(await self.client.resource_for(api_version, kind), name, self.namespace)


@pytest.fixture
async def cluster(client: kube.Client, kubeconfig: pathlib.Path) -> AsyncIterator[Cluster]:
    namespace = f"ssa-{os.getpid()}-{next(_NUMBERS)}"
    await namespaces.create(client, namespace)
    async with await kube.Client.connect(kubeconfig, user_agent="tests-manager") as own, aio.TaskOwner() as tasks:
        manager = ssa.ResourceManager(own, tasks=tasks)
        made = Cluster(client=client, namespace=namespace, manager=manager, tasks=tasks, own=own)

        def count(request: kube.Seen) -> None:
            made.seen[request.method] += 1

        own.observe(count)
        yield made
    await namespaces.delete(client, namespace)


@pytest.fixture
async def alone(cluster: Cluster) -> None:
    """Nothing applied is anywhere else: a real cluster takes its time to empty the namespaces of other tests."""
    resource = await cluster.client.resource_for("v1", "ConfigMap")

    async def left() -> list[str]:
        found = (await cluster.client.list(resource, labels=ssa.controls.OWNER_NAME)).items
        return [f"{obj['metadata']['namespace']}/{obj['metadata']['name']}" for obj in found]

    await polling.eventually(left, lambda found: not found, timeout=60, what="the end of other tests' objects")
