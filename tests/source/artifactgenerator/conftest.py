"""Generators in the room, and what they make."""

import asyncio
import itertools
import pathlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.source.conftest import Guard, Object, Room

from sluice.testing import spaces

GENERATORS = "source.extensions.fluxcd.io/v1beta1"
GATE = "--feature-gates=ExternalArtifact=true"
ADDRESS = "--storage-adv-addr=source.example"


def copying(source: str, to: str = "@artifact/", **more: Any) -> Object:
    """A rule of copying."""
    return {"from": source, "to": to, **more}


@dataclass
class Workshop:
    """A room whose controller has the gate open."""

    room: Room
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @asynccontextmanager
    async def controller(self, *flags: str, may_write: Guard = lambda call: True) -> AsyncIterator[None]:
        async with self.room.controller(GATE, "--requeue-dependency=1h", *flags, may_write=may_write):
            yield

    async def generator(self, name: str = "gen", **spec: Any) -> Object:
        """Apply a generator; of the folder `a` of the source `src`, as the artifact `out`, unless it says otherwise."""
        made = {"name": "out", "copy": [copying("@src/a/**")]}
        sources = [{"alias": "src", "kind": "GitRepository", "name": "src"}]
        return await self.room.space.apply(
            {
                "apiVersion": GENERATORS,
                "kind": "ArtifactGenerator",
                "metadata": {"name": name, "namespace": self.room.space.name},
                "spec": {"sources": sources, "artifacts": [made], **spec},
            }
        )

    async def see(self, until: Callable[[Object], bool], name: str = "gen") -> Object:
        return await self.room.space.see(GENERATORS, "ArtifactGenerator", name, until)

    async def see_ready(
        self, name: str = "gen", status: str = "True", *, reason: str = "", generation: int = 1
    ) -> Object:
        def wanted(seen: Object) -> bool:
            ready = [each for each in (seen.get("status") or {}).get("conditions") or () if each["type"] == "Ready"]
            return any(
                each["status"] == status and reason in ("", each["reason"]) and each["observedGeneration"] >= generation
                for each in ready
            )

        return await self.see(wanted, name)

    async def ask(self, name: str = "gen") -> Object:
        """Request a reconciliation and return the object when it was handled."""
        asked = f"ask-{next(self.numbers)}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}
        await self.room.space.patch(GENERATORS, "ArtifactGenerator", name, body)
        return await self.see(lambda seen: (seen.get("status") or {}).get("lastHandledReconcileAt") == asked, name)

    async def spec(self, name: str = "gen", **fields: Any) -> Object:
        """Change the spec; the object as changed."""
        await self.room.space.patch(GENERATORS, "ArtifactGenerator", name, {"spec": fields})
        seen = await self.room.space.get(GENERATORS, "ArtifactGenerator", name)
        assert seen is not None
        return seen

    async def made(self, name: str = "out") -> Object | None:
        return await self.room.space.get(spaces.SOURCES, "ExternalArtifact", name)

    async def see_made(self, until: Callable[[Object], bool] = bool, name: str = "out") -> Object:
        """The ExternalArtifact, once it offers an artifact of which that holds."""

        def wanted(seen: Object) -> bool:
            artifact = (seen.get("status") or {}).get("artifact")
            return artifact is not None and until(artifact)

        return await self.room.space.see(spaces.SOURCES, "ExternalArtifact", name, wanted)

    async def see_gone(self, kind: str, name: str) -> None:
        await self.room.space.see_gone(GENERATORS if kind == "ArtifactGenerator" else spaces.SOURCES, kind, name)

    async def contents(self, made: Object) -> Mapping[str, str]:
        """What is in the artifact that an ExternalArtifact offers."""
        into = self.room.scratch / f"contents-{made['metadata']['resourceVersion']}"
        await self.room.fetch(made, into)
        return await asyncio.to_thread(_texts, into)

    def stored(self) -> list[str]:
        """The files of ExternalArtifacts."""
        return sorted(
            str(path.relative_to(self.room.storage / "externalartifact" / self.room.space.name))
            for path in self.room.storage.glob("externalartifact/*/*/*")
        )


def _texts(root: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
async def shop(room: Room) -> AsyncIterator[Workshop]:
    yield Workshop(room)
    resource = await room.space.client.resource_for(GENERATORS, "ArtifactGenerator")
    for item in (await room.space.client.list(resource, room.space.name)).items:
        await room.space.patch(
            GENERATORS, "ArtifactGenerator", item["metadata"]["name"], {"metadata": {"finalizers": None}}
        )
