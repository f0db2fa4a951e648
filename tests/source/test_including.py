"""`spec.include`: artifacts of other GitRepositories become part of this one's, and are followed."""

import pathlib
from typing import Any

import pytest
from tests.source.conftest import Object, Room, conditions

from sluice.testing.git import Symlink

pytestmark = pytest.mark.needs("git-http-backend")


def including(*parts: str) -> dict[str, Any]:
    """Of `other`, what is written as `from:to`; all of it as `:to`."""
    pairs = [part.split(":") for part in parts]
    return {"include": [{"repository": {"name": "other"}, "fromPath": start, "toPath": end} for start, end in pairs]}


async def other(room: Room, **files: Any) -> str:
    """Another repository and its source; the first commit."""
    commit = room.server.repository(f"{room.space.name}-other").commit({"x/y.yaml": "y: 1\n", "top": "t", **files})
    await room.space.source("other", url=room.server.url(f"{room.space.name}-other"))
    return commit


def files(root: pathlib.Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


async def see_waiting(room: Room, reason: str) -> str:
    found = conditions(await room.space.see_ready("GitRepository", "src", "False", reason=reason))
    assert found["IncludeUnavailable"] == ("True", *found["Ready"][1:])
    return found["Ready"][2]


async def test_parts_of_another_artifact_are_put_where_they_are_wanted(room: Room, tmp_path: pathlib.Path) -> None:
    await other(room, **{"x/.sourceignore": "*.txt\n", "x/n.txt": "n"})
    await room.space.source(**including("x:deep/er", "top:b/top", "../x/y.yaml:../../up.yaml"))
    async with room.controller():
        included = (await room.space.see_ready("GitRepository", "other"))["status"]["artifact"]
        seen = await room.space.see_ready("GitRepository", "src")
        assert seen["status"]["includedArtifacts"] == [included] * 3
        assert seen["status"]["observedInclude"] == seen["spec"]["include"]
        await room.fetch(seen, tmp_path / "out")
    own = ["README.md", "a/cm.yaml", "b/cm.yaml"]
    assert files(tmp_path / "out") == sorted([*own, "b/top", "deep/er/.sourceignore", "deep/er/y.yaml", "up.yaml"])


async def test_a_source_waits_for_what_it_includes_and_is_woken_by_it(room: Room) -> None:
    await room.space.source(include=[{"repository": {"name": "other"}}])
    async with room.controller("--requeue-dependency=1h"):
        text = "could not get resource for include 'other': GitRepository.source.toolkit.fluxcd.io \"other\" not found"
        assert await see_waiting(room, "NotFound") == text
        await other(room)
        await room.space.see_ready("GitRepository", "src")


async def test_a_source_without_an_artifact_is_waited_for(room: Room) -> None:
    await room.space.source("other", ref={"branch": "none"})
    await room.space.source(include=[{"repository": {"name": "other"}}])
    async with room.controller("--requeue-dependency=1h"):
        assert await see_waiting(room, "NoArtifact") == "no artifact available for include 'other'"
        await room.spec("other", ref={"branch": "main"})
        await room.space.see_ready("GitRepository", "src")


async def test_news_of_what_is_included_is_in_the_artifact_at_once(room: Room, tmp_path: pathlib.Path) -> None:
    await other(room)
    await room.space.source(**including("x:x"))
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
        room.writes.clear()
        await room.ask()
        again = await room.get()
        assert again["status"]["artifact"] == before["status"]["artifact"]
        room.server.repository(f"{room.space.name}-other").commit({"x/y.yaml": "y: 2\n"})
        await room.ask("other")

        def changed(seen: Object) -> bool:
            return bool(seen["status"]["artifact"]["digest"] != before["status"]["artifact"]["digest"])

        seen = await room.see(changed)
        assert seen["status"]["artifact"]["revision"] == before["status"]["artifact"]["revision"]
        await room.fetch(seen, tmp_path / "out")
        assert (tmp_path / "out" / "x" / "y.yaml").read_text() == "y: 2\n"
        await room.spec(include=None)
        seen = await room.see(lambda seen: "observedInclude" not in seen["status"])
        assert "includedArtifacts" not in seen["status"]


@pytest.mark.parametrize(
    ("part", "cause"),
    [("none:x", "no such file or directory"), ("x:a", "directory not empty"), ("x:README.md", "not a directory")],
)
async def test_what_cannot_be_put_in_its_place_is_told(room: Room, part: str, cause: str) -> None:
    await other(room)
    await room.space.source(**including(part))
    async with room.controller():
        found = conditions(await room.space.see_ready("GitRepository", "src", "False", reason="CopyFailure"))
        start, end = part.split(":")
        text = f"failed to copy 'other' include from {start} to {end}: {cause}"
        assert found["StorageOperationFailed"] == ("True", "CopyFailure", text)
    assert not list(room.storage.rglob("scratch"))


async def test_a_link_in_the_repository_leads_no_include_out(room: Room, tmp_path: pathlib.Path) -> None:
    room.space.repository.commit({"out": Symlink(str(tmp_path))})
    await other(room)
    await room.space.source(**including("x:out/x"))
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
    assert not (tmp_path / "x").exists()


async def test_sources_that_include_each_other_are_told_so(room: Room) -> None:
    await room.space.source("other", include=[{"repository": {"name": "src"}}])
    await room.space.source(include=[{"repository": {"name": "other"}}])
    async with room.controller():
        text = await see_waiting(room, "IncludeCycle")
        assert text == "include 'other' leads back to this repository: src -> other -> src"
