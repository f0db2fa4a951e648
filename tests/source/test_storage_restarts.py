"""What a restart finds in the storage, or does not find, and that nobody is told who need not know."""

import asyncio
import pathlib
import shutil

import pytest
from tests.source.conftest import Object, Room, conditions

from sluice import kube
from sluice.testing import polling, spaces

pytestmark = pytest.mark.needs("git-http-backend")

ADDRESS = "--storage-adv-addr=source.example"
"""Addresses that a restart does not change, as in a cluster."""


async def aged(room: Room) -> Object:
    """The source with an artifact that was made long ago."""
    resource = await room.space.client.resource_for(spaces.SOURCES, "GitRepository")
    await room.space.client.patch(
        resource,
        "src",
        room.space.name,
        {"status": {"artifact": {"lastUpdateTime": "2026-01-01T00:00:00Z"}}},
        kind=kube.PatchType.MERGE,
        subresource="status",
        manager="test",
    )
    return await room.get()


def emptied(room: Room) -> None:
    """As after a restart of a pod without a volume of its own."""
    shutil.rmtree(room.storage)


async def see_file(room: Room, seen: Object) -> pathlib.Path:
    path: pathlib.Path = room.storage / seen["status"]["artifact"]["path"]
    await polling.eventually(lambda: exists(path), what=f"the file {path.name}")
    return path


async def exists(path: pathlib.Path) -> bool:
    return await asyncio.to_thread(path.exists)


async def test_in_a_storage_that_was_kept_all_is_found_and_nothing_is_written(room: Room) -> None:
    await room.space.source()
    async with room.controller(ADDRESS):
        before = await room.space.see_ready("GitRepository", "src")
    file = room.storage / before["status"]["artifact"]["path"]
    made = (file.stat().st_ino, file.stat().st_ctime_ns)
    room.writes.clear()
    async with room.controller(ADDRESS, "--concurrent=1"):
        await room.ask()
        after = await room.get()
    # The answer to who asked, and nothing else.
    await room.see_writes("PATCH gitrepositories")
    assert after["status"]["artifact"] == before["status"]["artifact"]
    assert (file.stat().st_ino, file.stat().st_ctime_ns) == made


async def test_in_an_empty_storage_the_same_artifact_is_made_again_and_nobody_is_told(room: Room) -> None:
    await room.space.source()
    async with room.controller(ADDRESS):
        await room.space.see_ready("GitRepository", "src")
        told = await room.events(1)
    before = await aged(room)
    emptied(room)
    room.writes.clear()
    async with room.controller(ADDRESS):
        await see_file(room, before)
        room.server.requests.clear()
        await room.ask()
        assert len(room.server.requests) == 1, "what was made again is known to be there"
    after = await room.get()
    assert after["status"]["artifact"] == before["status"]["artifact"]
    await room.see_writes("PATCH gitrepositories")
    assert [each for each in await room.events(1) if "NewArtifact" in each] == told


async def test_what_is_new_since_is_another_artifact(room: Room) -> None:
    await room.space.source()
    async with room.controller(ADDRESS):
        before = await room.space.see_ready("GitRepository", "src")
    emptied(room)
    commit = room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
    async with room.controller(ADDRESS):
        after = await room.see_revision(f"main@sha1:{commit}")
    assert after["status"]["artifact"]["digest"] != before["status"]["artifact"]["digest"]
    assert room.files() == [f"{commit}.tar.gz"]


async def test_while_it_cannot_be_made_again_those_who_have_it_go_on(room: Room) -> None:
    await room.space.source()
    async with room.controller(ADDRESS):
        before = await room.space.see_ready("GitRepository", "src")
    emptied(room)
    kept = room.space.repository.path.with_name("kept")
    room.space.repository.path.rename(kept)
    async with room.controller(ADDRESS):
        failed = await room.space.see_ready("GitRepository", "src", "False")
        assert failed["status"]["artifact"] == before["status"]["artifact"]
        assert "ArtifactInStorage" not in conditions(failed)
        kept.rename(room.space.repository.path)
        after = await room.space.see_ready("GitRepository", "src")
        assert after["status"]["artifact"] == before["status"]["artifact"]
        await see_file(room, after)


async def test_an_artifact_that_includes_another_waits_for_it_without_a_word(room: Room) -> None:
    room.server.repository(f"{room.space.name}-other").commit({"x": "1"})
    await room.space.source("other", url=room.server.url(f"{room.space.name}-other"))
    await room.space.source(include=[{"repository": {"name": "other"}}])
    async with room.controller(ADDRESS):
        before = await room.space.see_ready("GitRepository", "src")
    emptied(room)
    async with room.controller(ADDRESS):
        await see_file(room, before)
        after = await room.space.see_ready("GitRepository", "src")
    assert after["status"]["artifact"] == before["status"]["artifact"]
    assert not [each for each in await room.events(1) if each.startswith("Warning")]


async def test_a_file_that_was_being_written_is_gone_after_a_restart(room: Room) -> None:
    await room.space.source()
    async with room.controller(ADDRESS):
        seen = await room.space.see_ready("GitRepository", "src")
    file = room.storage / seen["status"]["artifact"]["path"]
    (file.parent / ".new-0011aabb-00112233").write_bytes(b"half")
    async with room.controller(ADDRESS):
        await room.ask()
        await polling.eventually(
            lambda: exists(file.parent / ".new-0011aabb-00112233"), lambda there: not there, what="the end of the draft"
        )
    assert file.exists()
