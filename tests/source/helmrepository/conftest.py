"""Chart repositories on a real nginx, beside the room of a whole controller."""

import os
import pathlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from tests.source.conftest import Object, Room, conditions

from sluice import kube
from sluice.testing import git_tls, polling, spaces
from sluice.testing.nginx import Asked, Nginx

KIND = "HelmRepository"
INDEX = """apiVersion: v1
entries:
  web:
  - apiVersion: v2
    created: "2024-01-02T03:04:05.678901234Z"
    digest: 00aa
    name: web
    urls:
    - web-1.2.3.tgz
    version: 1.2.3
generated: "2024-01-02T03:04:05Z"
"""
REVISION = "sha256:979394578eb1b4f7f90cc4f7517ab6bd7200a39bbdbcbe33d4c350f71cbdc7ed"
NEWER = INDEX.replace("1.2.3", "1.3.0")


@dataclass
class Charts:
    """HelmRepositories of a room, and the server of their indexes."""

    room: Room
    nginx: Nginx

    @property
    def url(self) -> str:
        return f"{self.nginx.url}/charts"

    def publish(self, text: str | bytes = INDEX, folder: str = "charts", *, ago: float = 1000.0) -> None:
        """Have the server serve this index, last changed so many seconds ago."""
        file = self.nginx.files / folder / "index.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        changed = time.time() - ago
        os.utime(file, (changed, changed))

    def files(self) -> list[str]:
        """What is in storage, links left out."""
        folder = self.room.storage / "helmrepository"
        return sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.is_symlink())

    async def apply(self, name: str = "src", **spec: Any) -> Object:
        body: Object = {
            "apiVersion": spaces.SOURCES,
            "kind": KIND,
            "metadata": {"name": name, "namespace": self.room.space.name},
            "spec": {"url": self.url, "interval": "1h", "timeout": "10s", **spec},
        }
        return await self.room.space.apply({**body, "spec": {k: v for k, v in body["spec"].items() if v is not None}})

    async def get(self, name: str = "src") -> Object:
        found = await self.room.space.get(spaces.SOURCES, KIND, name)
        assert found is not None
        return found

    async def see(self, until: Callable[[Object], bool], name: str = "src") -> Object:
        return await self.room.space.see(spaces.SOURCES, KIND, name, until)

    async def see_ready(self, status: str = "True", name: str = "src") -> Object:
        def wanted(seen: Object) -> bool:
            found = spaces.ready(seen)
            current = found.get("observedGeneration") == seen["metadata"]["generation"]
            return bool(current and found["status"] == status)

        return await self.see(wanted, name)

    async def see_failure(self, name: str = "src") -> tuple[str, str]:
        """Reason and message of FetchFailed, once Ready says the same."""
        found = conditions(await self.see_ready("False", name))
        assert found["FetchFailed"][1:] == found["Ready"][1:]
        return found["Ready"][1:]

    async def patch(self, body: Mapping[str, Any], name: str = "src") -> None:
        await self.room.space.patch(spaces.SOURCES, KIND, name, dict(body))

    async def ask(self, value: str, name: str = "src") -> Object:
        """Request a reconciliation and return the object when it was handled."""
        await self.patch({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": value}}}, name)
        return await self.see(lambda seen: seen["status"].get("lastHandledReconcileAt") == value, name)

    async def asked(self, count: int = 1) -> list[Asked]:
        """At least so many requests that the server has answered, since this was last called."""
        found: list[Asked] = []

        async def look() -> list[Asked]:
            found.extend(self.nginx.asked())
            return found

        return await polling.eventually(look, lambda seen: len(seen) >= count, what=f"{count} requests")

    async def delete(self, name: str = "src") -> None:
        resource = await self.room.space.client.resource_for(spaces.SOURCES, KIND)
        await self.room.space.client.delete(resource, name, self.room.space.name)


@pytest.fixture
async def charts(room: Room, client: kube.Client) -> AsyncIterator[Charts]:
    async with Nginx() as nginx:
        made = Charts(room, nginx)
        made.publish()
        yield made
        await let_go(client, room)


@pytest.fixture
def authority() -> git_tls.Authority:
    return git_tls.Authority()


@pytest.fixture
async def guarded(room: Room, client: kube.Client, authority: git_tls.Authority) -> AsyncIterator[Charts]:
    """Over TLS, for who logs in as me."""
    async with Nginx(tls=authority, logins={"me": "hunter2"}) as nginx:
        made = Charts(room, nginx)
        made.publish()
        await room.secret("ca", **{"ca.crt": authority.certificate.decode()})
        await room.secret("login", username="me", password="hunter2")
        yield made
        await let_go(client, room)


async def let_go(client: kube.Client, room: Room) -> None:
    """Take the finalizers off: no controller is there any more to do it."""
    resource = await client.resource_for(spaces.SOURCES, KIND)
    for item in (await client.list(resource, room.space.name)).items:
        await room.space.patch(spaces.SOURCES, KIND, item["metadata"]["name"], {"metadata": {"finalizers": None}})


def artifact_file(room: Room, seen: Object) -> pathlib.Path:
    """The file of an object's artifact."""
    return room.storage / str(seen["status"]["artifact"]["path"])
