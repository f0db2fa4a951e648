"""At its start the leader removes what is left of objects that are gone, and nothing that may be somebody's."""

import asyncio
import pathlib

import pytest
from tests.source.conftest import Room

from sluice.testing import polling, spaces

pytestmark = pytest.mark.needs("git-http-backend")


def left(room: Room, path: str) -> pathlib.Path:
    """A file in the storage."""
    file = room.storage / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("left")
    return file


async def exists(path: pathlib.Path) -> bool:
    return await asyncio.to_thread(path.exists)


async def see_removed(path: pathlib.Path) -> None:
    await polling.eventually(lambda: exists(path), lambda there: not there, what=f"the end of {path}")


async def unfinish(room: Room, name: str) -> None:
    """Let the object go as if its controller had undone what it did."""
    await room.space.patch(spaces.SOURCES, "GitRepository", name, {"metadata": {"finalizers": None}})
    resource = await room.space.client.resource_for(spaces.SOURCES, "GitRepository")
    await room.space.client.delete(resource, name, room.space.name)


async def test_what_is_left_of_an_object_that_went_meanwhile_is_removed(room: Room) -> None:
    await room.space.source("gone")
    await room.space.source("stays")
    async with room.controller():
        gone = (await room.space.see_ready("GitRepository", "gone"))["status"]["artifact"]["path"]
        stays = (await room.space.see_ready("GitRepository", "stays"))["status"]["artifact"]["path"]
    await unfinish(room, "gone")
    async with room.controller():
        await see_removed((room.storage / gone).parent)
        await room.ask("stays")
    assert (room.storage / stays).exists()


async def test_nothing_but_directories_of_objects_of_our_kinds_is_looked_at(room: Room) -> None:
    namespace = room.space.name
    foreign = [
        left(room, "lost+found/x"),
        left(room, "gitrepository/file"),
        left(room, f"gitrepository/{namespace}/file"),
        left(room, f"kustomization/{namespace}/app/x.tar.gz"),
        left(room, f"deep/gitrepository/{namespace}/app/x.tar.gz"),
        left(room, ".git-mirrors/1234/x"),
    ]
    outside = left(room, "../outside/app/x.tar.gz")
    (room.storage / "gitrepository" / "linked").symlink_to(outside.parent.parent)
    (room.storage / "gitrepository" / namespace / "linked").symlink_to(outside.parent)
    absent = left(room, f"gitrepository/{namespace}/absent/x.tar.gz")
    await room.space.source()
    async with room.controller():
        await see_removed(absent.parent)
        await room.space.see_ready("GitRepository", "src")
    assert [file for file in (*foreign, outside) if not file.exists()] == []


async def test_an_object_that_is_not_watched_keeps_its_files(room: Room) -> None:
    for name, shard in (("watched", "one"), ("other", "two")):
        await room.space.source(name)
        await room.space.patch(spaces.SOURCES, "GitRepository", name, {"metadata": {"labels": {"shard": shard}}})
    kept = left(room, f"gitrepository/{room.space.name}/other/x.tar.gz")
    absent = left(room, f"gitrepository/{room.space.name}/zz/x.tar.gz")
    async with room.controller("--watch-label-selector=shard=one"):
        # They are looked at in the order of their names.
        await see_removed(absent)
        await room.space.see_ready("GitRepository", "watched")
        await room.ask("watched")
    assert kept.exists()


async def test_a_replica_that_may_not_write_removes_nothing(room: Room) -> None:
    absent = left(room, f"gitrepository/{room.space.name}/absent/x.tar.gz")
    draft = left(room, f"gitrepository/{room.space.name}/absent/.new-0011aabb-00112233")
    asked = asyncio.Event()

    def may_write(call: object) -> bool:
        asked.set()
        return False

    async with room.controller(may_write=may_write):
        await asyncio.wait_for(asked.wait(), 30)
    assert (absent.exists(), draft.exists()) == (True, True)
