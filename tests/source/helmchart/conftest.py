"""Charts in the room: HelmCharts, and what is in their packages."""

import io
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from tests.source.conftest import Object, Room

from sluice.testing import polling, spaces
from sluice.testing.charts import WEB, below, plain, publish
from sluice.testing.nginx import Nginx

KIND = "HelmChart"
OLD = ("web-1.0.0", "web-1.2.0", "web-2.0.0-rc.1")
"""What a shop has from the beginning."""


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

    async def delete(self, name: str = "web") -> None:
        """Delete a HelmChart, with a controller for as long as that takes."""
        async with self.room.controller():
            resource = await self.room.space.client.resource_for(spaces.SOURCES, KIND)
            await self.room.space.client.delete(resource, name, self.room.space.name)
            await self.room.space.see_gone(spaces.SOURCES, KIND, name)

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


@dataclass
class Shop:
    """A repository of charts, and HelmCharts of it."""

    charts: Charts
    nginx: Nginx

    def publish(self, *versions: str, **packages: bytes) -> None:
        publish(self.nginx.files / "charts", {**plain(*versions), **packages})

    async def repository(self, name: str = "charts", **spec: Any) -> None:
        url = f"{self.nginx.url}/charts"
        body = {"apiVersion": spaces.SOURCES, "kind": "HelmRepository"}
        meta = {"name": name, "namespace": self.charts.room.space.name}
        await self.charts.room.space.apply({**body, "metadata": meta, "spec": {"url": url, "interval": "1h", **spec}})

    async def apply(self, name: str = "web", **spec: Any) -> None:
        source = {"kind": "HelmRepository", "name": "charts"}
        await self.charts.apply(name, **{"chart": "web", "sourceRef": source, **spec})

    async def fetched(self, count: int) -> list[str]:
        """The charts that were asked for, `count` of them at least, since this was last called."""
        found: list[str] = []

        async def look() -> list[str]:
            found.extend(each.path for each in self.nginx.asked() if each.path.endswith(".tgz"))
            return found

        return await polling.eventually(look, lambda seen: len(seen) >= count, what=f"{count} charts")

    async def renew(self) -> Object:
        """Have the HelmRepository look for a new index."""
        space = self.charts.room.space
        asked = await space.request("HelmRepository", "charts")
        wanted = lambda seen: seen["status"].get("lastHandledReconcileAt") == asked  # noqa: E731
        return await space.see(spaces.SOURCES, "HelmRepository", "charts", wanted)

    async def let_go(self) -> None:
        """Have no HelmRepository wait for a controller that is not there any more."""
        space = self.charts.room.space
        resource = await space.client.resource_for(spaces.SOURCES, "HelmRepository")
        for item in (await space.client.list(resource, space.name)).items:
            body = {"metadata": {"finalizers": None}}
            await space.patch(spaces.SOURCES, "HelmRepository", item["metadata"]["name"], body)


@pytest.fixture
async def shop(charts: Charts) -> AsyncIterator[Shop]:
    async with Nginx() as nginx:
        made = Shop(charts, nginx)
        made.publish(*OLD)
        yield made
        await made.let_go()


async def package(seen: Object) -> dict[str, str]:
    """The files of the package that a HelmChart has, as its server gives it."""
    async with aiohttp.ClientSession() as session, session.get(seen["status"]["artifact"]["url"]) as response:
        assert response.status == 200
        data = await response.read()
    with tarfile.open(fileobj=io.BytesIO(data)) as made:
        return {member.name: made.extractfile(member).read().decode() for member in made}  # type: ignore[union-attr]
