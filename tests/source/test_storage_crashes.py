"""Killed between any two writes, of files or to the API server, the controller ends as if it had not been."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from tests.source.conftest import Room

from sluice.kube import transport

pytestmark = pytest.mark.needs("git-http-backend")

FLAGS = ("--storage-adv-addr=source.example", "--artifact-retention-ttl=1ms")


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep to itself what a process that ought to be dead logs."""
    with structlog.testing.capture_logs():
        yield


@dataclass
class Life:
    """After so many writes, nothing that the controller asks for is done any more."""

    allowed: int
    writes: list[str] = field(default_factory=list)
    sent: list[transport.Call] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def may_write(self, call: transport.Call) -> bool:
        """A request is asked about twice, a file once."""
        if call.resource == "events":
            return not self.over.is_set()
        if call.resource != "artifacts" and any(call is one for one in self.sent):
            return True
        if len(self.writes) == self.allowed:
            self.over.set()
        if self.over.is_set():
            return False
        self.sent.append(call)
        self.writes.append(call.resource)
        return True


async def picture(room: Room) -> dict[str, Any]:
    """What is to be the same in the end: status but for times, and the files."""
    seen = await room.get()
    status = seen["status"]
    for each in (status["artifact"], *status["conditions"]):
        each.pop("lastUpdateTime", None)
        each.pop("lastTransitionTime", None)
    status.pop("lastHandledReconcileAt", None)
    files = sorted(path.name for path in (room.storage / "gitrepository").rglob("*") if path.is_file())
    return {"status": status, "files": files}


async def told(room: Room, allowed: int) -> tuple[str, list[str]]:
    """How it ends when a commit is met by a controller that lives for so many writes, and then by another one."""
    commit = room.space.repository.commit({"a/cm.yaml": "a: new\n"})
    await room.space.request("GitRepository", "src")
    life = Life(allowed)
    async with room.controller(*FLAGS, may_write=life.may_write):
        done = asyncio.ensure_future(room.see_revision(f"main@sha1:{commit}"))
        over = asyncio.ensure_future(life.over.wait())
        await asyncio.wait((done, over), return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        over.cancel()
        await asyncio.gather(done, over, return_exceptions=True)
    async with room.controller(*FLAGS):
        await room.see_revision(f"main@sha1:{commit}")
        # The first look after a restart sees what is old, and the next one that its time is over.
        await room.ask()
        await room.ask()
        return repr(await picture(room)).replace(commit, "COMMIT"), life.writes


async def test_killed_between_any_two_writes_it_ends_as_if_it_had_not_been(room: Room) -> None:
    await room.space.source()
    async with room.controller(*FLAGS):
        await room.space.see_ready("GitRepository", "src")
    undisturbed, writes = await told(room, 10_000)
    assert writes[:2] == ["artifacts", "gitrepositories"], "the file is there before anybody is told of it"
    for allowed in range(len(writes)):
        before = room.space.repository.commit({"a/cm.yaml": "a: old\n"})
        async with room.controller(*FLAGS):
            await room.see_revision(f"main@sha1:{before}")
        ended, _ = await told(room, allowed)
        assert ended == undisturbed, f"killed after {allowed} of {writes}"
