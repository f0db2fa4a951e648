"""Charts in the room: HelmCharts, and what is in their packages."""

import io
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from tests.source.conftest import Object, Room

from sluice.testing import spaces
from sluice.testing.charts import WEB, below

KIND = "HelmChart"


@dataclass
class Charts:
    """HelmCharts of the room's namespace."""

    room: Room

    async def apply(self, name: str = "web", **spec: Any) -> Object:
        """Apply a HelmChart; of the chart in the room's repository, unless it says otherwise."""
        source = {"kind": "GitRepository", "name": "src"}
        return await self.room.space.apply(
            {
                "apiVersion": spaces.SOURCES,
                "kind": KIND,
                "metadata": {"name": name, "namespace": self.room.space.name},
                "spec": {"chart": "charts/web", "interval": "1h", "sourceRef": source, **spec},
            }
        )

    async def see(self, until: Callable[[Object], bool], name: str = "web") -> Object:
        return await self.room.space.see(spaces.SOURCES, KIND, name, until)

    async def see_ready(self, name: str = "web", status: str = "True", *, reason: str = "") -> Object:
        return await self.room.space.see_ready(KIND, name, status, reason=reason)

    async def see_version(self, version: str, name: str = "web") -> Object:
        """The HelmChart, once it is ready with a package of this version."""

        def wanted(seen: Object) -> bool:
            stored = (seen.get("status") or {}).get("artifact") or {}
            return stored.get("revision") == version and spaces.is_ready(seen)

        return await self.see(wanted, name)

    async def spec(self, name: str = "web", **fields: Any) -> None:
        await self.room.space.patch(spaces.SOURCES, KIND, name, {"spec": fields})

    async def ask(self, name: str = "web") -> Object:
        """Request a reconciliation and return the object when it was handled."""
        asked = await self.room.space.request(KIND, name)
        return await self.see(lambda seen: seen["status"].get("lastHandledReconcileAt") == asked, name)

    def commit(self, files: Mapping[str, str | bytes]) -> str:
        """Commit files below `charts/web`, by their names; the commit."""
        return self.room.space.repository.commit(below("charts/web", files))


@pytest.fixture
async def charts(room: Room) -> AsyncIterator[Charts]:
    room.space.repository.commit({**below("charts/web", WEB), "values-eu.yaml": "image: {tag: b}\n"})
    yield Charts(room)
    resource = await room.space.client.resource_for(spaces.SOURCES, KIND)
    for item in (await room.space.client.list(resource, room.space.name)).items:
        await room.space.patch(spaces.SOURCES, KIND, item["metadata"]["name"], {"metadata": {"finalizers": None}})


async def package(seen: Object) -> dict[str, str]:
    """The files of the package that a HelmChart has, as its server gives it."""
    async with aiohttp.ClientSession() as session, session.get(seen["status"]["artifact"]["url"]) as response:
        assert response.status == 200
        data = await response.read()
    with tarfile.open(fileobj=io.BytesIO(data)) as made:
        return {member.name: made.extractfile(member).read().decode() for member in made}  # type: ignore[union-attr]
