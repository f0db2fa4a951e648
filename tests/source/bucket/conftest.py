"""The whole controller, and a real S3 server beside it."""

import asyncio
import itertools
import pathlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.source.conftest import Guard, Object, Room, conditions

from sluice.testing import spaces
from sluice.testing.s3 import S3Server

KIND = "Bucket"
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
async def store() -> AsyncIterator[S3Server]:
    async with S3Server() as running:
        yield running


@dataclass
class BucketRoom:
    """A namespace, a bucket of the same name, and a controller that can be started, ended and started again."""

    room: Room
    store: S3Server
    _asked: int = 0

    @property
    def name(self) -> str:
        return self.room.space.name

    @property
    def objects(self) -> pathlib.Path:
        """Where the objects of the Bucket are kept."""
        return self.room.storage / "bucket" / self.name / "src" / ".objects"

    def controller(self, *flags: str, may_write: Guard = lambda call: True) -> AbstractAsyncContextManager[None]:
        return self.room.controller(*flags, may_write=may_write)

    async def put(self, files: Mapping[str, str]) -> None:
        """Write objects."""
        for key, text in files.items():
            await self.store.put(self.name, key, text.encode())

    async def apply(self, name: str = "src", **spec: Any) -> None:
        body = {"interval": "1h", "bucketName": self.name, "endpoint": self.store.host, "insecure": True, **spec}
        metadata = {"name": name, "namespace": self.name}
        await self.room.space.apply({"apiVersion": spaces.SOURCES, "kind": KIND, "metadata": metadata, "spec": body})

    async def spec(self, **fields: Any) -> None:
        await self.room.space.patch(spaces.SOURCES, KIND, "src", {"spec": fields})

    async def get(self, name: str = "src") -> Object:
        found = await self.room.space.get(spaces.SOURCES, KIND, name)
        assert found is not None
        return found

    async def see(self, until: Callable[[Object], bool], name: str = "src") -> Object:
        return await self.room.space.see(spaces.SOURCES, KIND, name, until)

    async def ready(self, name: str = "src", status: str = "True", reason: str = "") -> Object:
        """The object, once Ready has the status (and reason) for its generation."""

        def wanted(seen: Object) -> bool:
            found = spaces.ready(seen)
            current = found.get("observedGeneration") == seen["metadata"]["generation"]
            return current and found.get("status") == status and reason in ("", found["reason"])

        return await self.see(wanted, name)

    async def failing(self, name: str = "src") -> dict[str, tuple[str, str, str]]:
        """The conditions, once Ready is False."""
        return conditions(await self.ready(name, status="False"))

    async def ask(self, name: str = "src") -> Object:
        """Request a reconciliation and return the object when it was handled."""
        self._asked += 1
        asked = f"ask-{self._asked}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}
        await self.room.space.patch(spaces.SOURCES, KIND, name, body)
        return await self.see(lambda seen: (seen.get("status") or {}).get("lastHandledReconcileAt") == asked, name)

    async def contents(self, seen: Object, scratch: pathlib.Path) -> dict[str, str]:
        """The files of the artifact."""
        target = scratch / f"out-{next(_NUMBERS)}"
        await self.room.fetch(seen, target)
        return await asyncio.to_thread(_texts, target)

    async def remove(self) -> None:
        """Take the finalizers off what is left: no controller is there any more to do it."""
        resource = await self.room.space.client.resource_for(spaces.SOURCES, KIND)
        for item in (await self.room.space.client.list(resource, self.name)).items:
            if item["metadata"].get("finalizers"):
                name = item["metadata"]["name"]
                await self.room.space.patch(spaces.SOURCES, KIND, name, {"metadata": {"finalizers": None}})


def _texts(root: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
async def bucket(room: Room, store: S3Server) -> AsyncIterator[BucketRoom]:
    made = BucketRoom(room, store)
    await store.make(made.name)
    yield made
    await made.remove()
