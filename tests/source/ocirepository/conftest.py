"""The controller's room with a registry in it."""

import asyncio
import pathlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.source.conftest import Object, Room, conditions

from sluice import kube
from sluice.testing import spaces
from sluice.testing.registries import Registry

KIND = "OCIRepository"
SECRET = "kubernetes.io/dockerconfigjson"


@dataclass
class Shelf(Room):
    """A room whose sources are OCIRepositories of `org/app` in a registry that is open to everyone."""

    registry: Registry = field(kw_only=True)

    async def source(self, name: str = "src", **spec: Any) -> Object:
        body: Object = {"apiVersion": spaces.SOURCES, "kind": KIND}
        body["metadata"] = {"name": name, "namespace": self.space.name}
        body["spec"] = {"interval": "1h", "timeout": "20s", "url": self.registry.url("org/app"), **spec}
        return await self.space.apply(body)

    async def pull_secret(self, name: str, config: str) -> None:
        body: Object = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": SECRET,
            "stringData": {".dockerconfigjson": config},
        }
        await self.space.apply({**body, "metadata": {"name": name, "namespace": self.space.name}})

    async def account(self, name: str, *pull_secrets: str) -> None:
        body: Object = {"apiVersion": "v1", "kind": "ServiceAccount"}
        body["metadata"] = {"name": name, "namespace": self.space.name}
        await self.space.apply({**body, "imagePullSecrets": [{"name": each} for each in pull_secrets]})

    async def get(self, name: str = "src") -> Object:
        found = await self.space.get(spaces.SOURCES, KIND, name)
        assert found is not None
        return found

    async def see(self, until: Callable[[Object], bool], name: str = "src") -> Object:
        return await self.space.see(spaces.SOURCES, KIND, name, until)

    async def see_ready(self, name: str = "src", status: str = "True") -> Object:
        """The object, once Ready has the status for its generation."""

        def wanted(seen: Object) -> bool:
            found = spaces.ready(seen)
            current: bool = found.get("observedGeneration") == seen["metadata"]["generation"]
            return current and bool(found["status"] == status)

        return await self.see(wanted, name)

    async def see_failing(self, name: str = "src") -> dict[str, tuple[str, str, str]]:
        """The conditions, once Ready is False."""
        return conditions(await self.see_ready(name, "False"))

    async def ask(self, name: str = "src") -> Object:
        asked = f"ask-{asyncio.get_running_loop().time()}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}
        await self.space.patch(spaces.SOURCES, KIND, name, body)
        return await self.see(lambda seen: seen["status"].get("lastHandledReconcileAt") == asked, name)

    async def spec(self, name: str = "src", **fields: Any) -> None:
        await self.space.patch(spaces.SOURCES, KIND, name, {"spec": fields})

    async def unpacked(self, seen: Object, tmp_path: pathlib.Path) -> dict[str, str]:
        """The files of the artifact, as its consumers get them."""
        into = tmp_path / f"unpacked-{seen['metadata']['name']}-{seen['metadata']['resourceVersion']}"
        await self.fetch(seen, into)
        return {str(path.relative_to(into)): path.read_text() for path in into.rglob("*") if path.is_file()}

    def asked(self, since: int = 0) -> list[str]:
        """What the registry was asked, from that request on."""
        return self.registry.requests()[since:]


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    async with Registry() as running:
        yield running


@pytest.fixture
async def shelf(room: Room, registry: Registry, client: kube.Client) -> AsyncIterator[Shelf]:
    yield Shelf(room.space, room.server, room.kubeconfig, room.pool, room.scratch, registry=registry)
    resource = await client.resource_for(spaces.SOURCES, KIND)
    for item in (await client.list(resource, room.space.name)).items:
        if item["metadata"].get("finalizers"):
            # No controller is there any more to take them off.
            body = {"metadata": {"finalizers": None}}
            await room.space.patch(spaces.SOURCES, KIND, item["metadata"]["name"], body)
