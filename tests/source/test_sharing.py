"""Objects of one repository share what its server is asked; storms of requests become one look."""

import asyncio

import pytest
from aiohttp import web
from tests.source.conftest import Room

from sluice.testing import polling

pytestmark = pytest.mark.needs("git-http-backend")


class Fetches:
    """Counts the fetches of a server, and holds them up while it is told to."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.free = asyncio.Event()
        self.free.set()
        self._answer = room.server._backend
        monkeypatch.setattr(room.server, "_backend", self._backend)

    async def _backend(self, request: web.Request) -> web.StreamResponse:
        if b"command=fetch" in await request.read():
            self.count += 1
            await self.free.wait()
        return await self._answer(request)


async def test_many_objects_of_one_repository_list_together_and_fetch_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetches = Fetches(room, monkeypatch)
    names = [f"src-{number}" for number in range(6)]
    for name in names:
        await room.space.source(name)
    async with room.controller():
        for name in names:
            await room.space.see_ready("GitRepository", name)
    # What the server speaks, a list for who came first and one for all who came meanwhile, and the fetch.
    assert len(room.server.requests) <= 4
    assert fetches.count == 1


async def test_at_the_interval_one_object_looks_for_all(room: Room) -> None:
    names = [f"src-{number}" for number in range(6)]
    for name in names:
        await room.space.source(name, interval="1s")
    async with room.controller("--interval-jitter-percentage=0"):
        for name in names:
            await room.space.see_ready("GitRepository", name)
        await after_requests(room, 2)
        begun = asyncio.get_running_loop().time()
        await after_requests(room, 3)
        assert asyncio.get_running_loop().time() - begun > 1.5


async def test_an_object_that_shares_looks_still_follows(room: Room) -> None:
    for name in ("src-0", "src-1"):
        await room.space.source(name, interval="1s")
    async with room.controller():
        for name in ("src-0", "src-1"):
            await room.space.see_ready("GitRepository", name)
        commit = room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
        for name in ("src-0", "src-1"):
            await room.see_revision(f"main@sha1:{commit}", name)


async def test_a_storm_of_requests_during_a_fetch_becomes_one_more_and_the_newest_revision_wins(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetches = Fetches(room, monkeypatch)
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        fetches.free.clear()
        room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
        await room.space.request("GitRepository", "src")
        await polling.eventually(lambda: told(fetches.count), lambda seen: seen == 2)
        for number in range(10):
            newest = room.space.repository.commit({"a/cm.yaml": f"storm: {number}\n"})
            asked = await room.space.request("GitRepository", "src")
        fetches.free.set()
        seen = await room.see_revision(f"main@sha1:{newest}")
        await room.see(lambda seen: seen["status"].get("lastHandledReconcileAt") == asked)
    assert fetches.count == 3
    assert seen["status"]["artifact"]["revision"] == f"main@sha1:{newest}"


async def after_requests(room: Room, count: int) -> None:
    """Return when the server has had so many more."""
    wanted = len(room.server.requests) + count
    await polling.eventually(lambda: told(len(room.server.requests)), lambda seen: seen >= wanted)


async def told(value: int) -> int:
    return value
