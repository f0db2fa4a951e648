"""A cluster, a namespace of the test's own, and Helm's own library to look at it from the other side."""

from __future__ import annotations

import asyncio
import itertools
import os
import pathlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import helm_python
import pytest
from tests.helm_controller import spaces

from sluice import aio, kube
from sluice.testing import namespaces
from sluice_controllers.helm import __main__ as process

T = TypeVar("T")
_NUMBERS = itertools.count()


@dataclass
class Cluster:
    """What the tests do with the cluster, beside what they test."""

    client: kube.Client
    own: kube.Client
    """The client of what is tested."""
    namespace: str
    workers: aio.WorkerPool
    kubeconfig: pathlib.Path
    seen: Counter[str] = field(default_factory=Counter)
    """Requests of what is tested, by method."""

    async def get(self, kind: str, name: str, api_version: str = "v1") -> dict[str, Any] | None:
        resource = await self.client.resource_for(api_version, kind)
        try:
            return await self.client.get(resource, name, self.namespace)
        except kube.NotFound:
            return None

    async def put(self, body: dict[str, Any], *, by: str = "kubectl") -> dict[str, Any]:
        body = {**body, "metadata": {"namespace": self.namespace, **body["metadata"]}}
        resource = await self.client.resource_for(body["apiVersion"], body["kind"])
        return await self.client.apply(resource, body, manager=by)

    async def patch(self, kind: str, name: str, body: Any, *, by: str = "someone", api_version: str = "v1") -> None:
        resource = await self.client.resource_for(api_version, kind)
        await self.client.patch(resource, name, self.namespace, body, kind=kube.PatchType.MERGE, manager=by)

    async def names(self, kind: str, api_version: str = "v1") -> list[str]:
        resource = await self.client.resource_for(api_version, kind)
        found = (await self.client.list(resource, self.namespace, metadata_only=True)).items
        return sorted(obj["metadata"]["name"] for obj in found)

    async def helm(self, call: Callable[[helm_python.Config], T]) -> T:
        """What Helm's own library does in the namespace; it blocks, so it is called in a thread."""

        def run() -> T:
            with helm_python.Config(kubeconfig_path=self.kubeconfig, namespace=self.namespace) as config:
                return call(config)

        return await asyncio.to_thread(run)


@pytest.fixture(scope="session")
async def workers() -> AsyncIterator[aio.WorkerPool]:
    async with aio.WorkerPool(1) as pool:
        yield pool


@pytest.fixture(scope="session")
async def pool() -> AsyncIterator[aio.WorkerPool]:
    """Where the controller in this process has charts rendered."""
    async with aio.WorkerPool(1, preload=process.PRELOAD) as running:
        yield running


@pytest.fixture
async def space(
    client: kube.Client, kubeconfig: pathlib.Path, pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> AsyncIterator[spaces.Space]:
    """A namespace for a controller in this process."""
    async with spaces.opened(client, kubeconfig, pool, tmp_path) as made:
        yield made


@pytest.fixture
async def cluster(client: kube.Client, kubeconfig: pathlib.Path, workers: aio.WorkerPool) -> AsyncIterator[Cluster]:
    namespace = f"helm-{os.getpid()}-{next(_NUMBERS)}"
    await namespaces.create(client, namespace)
    async with await kube.Client.connect(kubeconfig, user_agent="tests-helm") as own:
        made = Cluster(client=client, own=own, namespace=namespace, workers=workers, kubeconfig=kubeconfig)

        def count(request: kube.Seen) -> None:
            made.seen[request.method] += 1

        own.observe(count)
        yield made
    await namespaces.delete(client, namespace)
