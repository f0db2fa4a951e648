"""The whole controller in this process: a real API server, real Git servers, real workers."""

import itertools
import os
import pathlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from sluice import aio, artifact, kube
from sluice.kube import transport
from sluice.runtime import manager as manager_
from sluice.testing import namespaces, polling, spaces
from sluice.testing.git import GitServer
from sluice_controllers.source import __main__ as process
from sluice_controllers.source import serving
from sluice_controllers.source.settings import SourceSettings

Object = dict[str, Any]
Guard = Callable[[transport.Call], bool]
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
async def pool() -> AsyncIterator[aio.WorkerPool]:
    async with aio.WorkerPool(1, preload=process.PRELOAD) as running:
        yield running


@pytest.fixture
async def server() -> AsyncIterator[GitServer]:
    async with GitServer() as running:
        yield running


@dataclass
class Room:
    """A namespace with a repository, and a controller that can be started, ended and started again."""

    space: spaces.Space
    server: GitServer
    kubeconfig: pathlib.Path
    pool: aio.WorkerPool
    scratch: pathlib.Path
    writes: list[str] = field(default_factory=list)
    """Requests of the controller that change something, as `METHOD resource`; events are left out."""

    @property
    def storage(self) -> pathlib.Path:
        return self.scratch / "data"

    def files(self) -> list[str]:
        return sorted(path.name for path in self.storage.rglob("*.tar.gz"))

    @asynccontextmanager
    async def controller(self, *flags: str, may_write: Guard = lambda call: True) -> AsyncIterator[None]:
        """Run the controller on this namespace alone; killed without farewell at the end.

        `may_write` is asked before each change, of the storage too: what it forbids is not done.
        """
        arguments = [
            "--metrics-addr=0",
            "--health-addr=0",
            "--storage-addr=127.0.0.1:0",
            "--watch-all-namespaces=false",
        ]
        arguments += [f"--storage-path={self.storage}", "--min-retry-delay=100ms", "--max-retry-delay=200ms", *flags]
        settings = SourceSettings.parse(arguments, {"RUNTIME_NAMESPACE": self.space.name})
        with serving.bind(settings.storage_addr) as listening:
            async with await kube.Client.connect(self.kubeconfig, user_agent="source-controller") as connected:
                made = manager_.Manager(settings, connected, name="source-controller")
                connected.observe(self._count)
                connected.guard(may_write)
                async with process.wired(made, settings, self.pool, listening), aio.TaskOwner() as tasks:
                    tasks.spawn(made.run(), name="controller")
                    yield

    def _count(self, seen: kube.Seen) -> None:
        if seen.method not in ("GET", "HEAD") and seen.resource != "events":
            self.writes.append(f"{seen.method} {seen.resource}")

    async def see_writes(self, *wanted: str) -> None:
        """These writes and no others, once the last one is answered: who watches may see it before."""

        async def look() -> list[str]:
            return self.writes

        await polling.eventually(look, lambda seen: seen == list(wanted), what=f"the writes {wanted}")

    async def get(self, name: str = "src") -> Object:
        found = await self.space.get(spaces.SOURCES, "GitRepository", name)
        assert found is not None
        return found

    async def see(self, until: Callable[[Object], bool], name: str = "src") -> Object:
        return await self.space.see(spaces.SOURCES, "GitRepository", name, until)

    async def see_revision(self, revision: str, name: str = "src") -> Object:
        def wanted(seen: Object) -> bool:
            stored = (seen.get("status") or {}).get("artifact") or {}
            return stored.get("revision") == revision and spaces.is_ready(seen)

        return await self.see(wanted, name)

    async def ask(self, name: str = "src") -> Object:
        """Request a reconciliation and return the object when it was handled."""
        asked = await self.space.request("GitRepository", name)
        return await self.see(lambda seen: seen["status"].get("lastHandledReconcileAt") == asked, name)

    async def spec(self, name: str = "src", **fields: Any) -> None:
        await self.space.patch(spaces.SOURCES, "GitRepository", name, {"spec": fields})

    async def secret(self, name: str, **data: str) -> None:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": self.space.name}}
        await self.space.apply({**body, "stringData": data})

    async def events(self, count: int, name: str = "src") -> list[str]:
        """At least ``count`` events about the object, oldest first, as `Type Reason message`."""
        resource = await self.space.client.resource_for("v1", "Event")

        async def look() -> list[Object]:
            return (await self.space.client.list(resource, self.space.name, fields=f"involvedObject.name={name}")).items

        found = await polling.eventually(look, lambda seen: len(seen) >= count, what=f"{count} events")
        found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [f"{event['type']} {event['reason']} {event['message']}" for event in found]

    async def fetch(self, seen: Object, into: pathlib.Path) -> None:
        stored = seen["status"]["artifact"]
        async with aiohttp.ClientSession() as session:
            await artifact.fetch(session, stored["url"], stored["digest"], into)


@pytest.fixture
async def room(
    client: kube.Client, server: GitServer, kubeconfig: pathlib.Path, pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> AsyncIterator[Room]:
    space = spaces.Space(client, server, f"sc-{os.getpid()}-{next(_NUMBERS)}")
    await space.create()
    space.repository.commit({"a/cm.yaml": "a: 1\n", "b/cm.yaml": "b: 1\n", "README.md": "x\n"})
    yield Room(space, server, kubeconfig, pool, tmp_path)
    resource = await client.resource_for(spaces.SOURCES, "GitRepository")
    for item in (await client.list(resource, space.name)).items:
        if item["metadata"].get("finalizers"):
            # No controller is there any more to take them off.
            await space.patch(
                spaces.SOURCES, "GitRepository", item["metadata"]["name"], {"metadata": {"finalizers": None}}
            )
    await namespaces.delete(client, space.name)


def conditions(seen: Object) -> dict[str, tuple[str, str, str]]:
    """Type to status, reason and message."""
    found = (seen.get("status") or {}).get("conditions") or ()
    return {each["type"]: (each["status"], each["reason"], each["message"]) for each in found}
