import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice import aio
from sluice.apiserver import kinds, simulate
from sluice.apiserver.catalog import registry
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import collector
from sluice.apiserver.storage import store
from sluice.apiserver.writes import deleting, writing

Object = dict[str, Any]
IMAGE = "registry.test/app:1"


class Yard:
    """A cluster on virtual time with simulated controllers, and short words for what tests do to it."""

    def __init__(self) -> None:
        self.clock = aio.VirtualClock(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
        self.cluster = Cluster(store=store.Store(), registry=registry.Registry(kinds.builtin()), clock=self.clock)
        self.create("v1", "Namespace", "apps", namespace="")

    def kind(self, api_version: str, kind: str) -> kinds.KindInfo:
        return self.cluster.registry.builtin(api_version, kind)

    def create(self, api_version: str, kind: str, name: str, *, namespace: str = "apps", **fields: Any) -> Object:
        info = self.kind(api_version, kind)
        metadata: Object = {"name": name, **fields.pop("metadata", {})}
        if namespace:
            metadata["namespace"] = namespace
        obj = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
        return writing.create(writing.Write.own(self.cluster, info, "tests", namespace=namespace), obj).object

    def change(self, api_version: str, kind: str, name: str, change: Callable[[Object], Object]) -> Object:
        info = self.kind(api_version, kind)
        write = writing.Write.own(self.cluster, info, "tests", namespace="apps", name=name)
        return writing.update(write, change).object

    def respec(self, api_version: str, kind: str, name: str, **spec: Any) -> Object:
        return self.change(api_version, kind, name, lambda live: {**live, "spec": {**live["spec"], **spec}})

    def delete(self, api_version: str, kind: str, name: str) -> None:
        wanted = deleting.DeleteOptions(propagation="Background")
        deleting.delete(self.cluster, self.kind(api_version, kind), "apps", name, wanted)

    def get(self, api_version: str, kind: str, name: str) -> Object:
        return self.cluster.read(self.kind(api_version, kind), "apps", name)

    def list(self, resource: str) -> list[Object]:
        return [entry.object for entry in self.cluster.store.list(resource, "apps").entries]

    async def pass_time(self, seconds: float) -> None:
        """Time passes a tenth of a second at a time, so that chains of events happen in order."""
        for _ in range(max(1, round(seconds * 10))):
            await self.clock.advance(0.1)

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(simulate.run(self.cluster, simulate.Options(**options))),
            asyncio.create_task(collector.Collector(self.cluster).run()),
        ]
        await self.clock.settle()
        try:
            yield
        finally:
            self.cluster.store.close()
            for task in tasks:
                await asyncio.wait_for(task, 5)


def template(app: str = "a", image: str = IMAGE, **metadata: Any) -> Object:
    return {
        "metadata": {"labels": {"app": app}, **metadata},
        "spec": {"containers": [{"name": "c", "image": image}]},
    }


def deployment(app: str = "a", image: str = IMAGE, **spec: Any) -> Object:
    selector = {"matchLabels": {"app": app}}
    return {"replicas": 2, "selector": selector, "template": template(app, image), **spec}


def conditions(obj: Object) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one.get("reason", "")) for one in obj["status"].get("conditions", [])}


@pytest.fixture
def yard() -> Yard:
    return Yard()
