"""`spec.sparseCheckout`: the artifact has the named parts of the repository alone."""

import pathlib

import pytest
from tests.source.conftest import Room, conditions

pytestmark = pytest.mark.needs("git-http-backend")


def files(root: pathlib.Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


async def test_only_what_is_named_is_in_the_artifact(room: Room, tmp_path: pathlib.Path) -> None:
    room.space.repository.commit({"a/deep/x.yaml": "x: 1\n", "a/deep/y.txt": "y\n", ".sourceignore": "*.yaml\n"})
    await room.space.source(sparseCheckout=["./a/deep", "b/cm.yaml"])
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        assert seen["status"]["observedSparseCheckout"] == ["./a/deep", "b/cm.yaml"]
        await room.fetch(seen, tmp_path / "first")
        # The rules at the root are not checked out, so they rule nothing.
        assert files(tmp_path / "first") == ["a", "a/deep", "a/deep/x.yaml", "a/deep/y.txt", "b", "b/cm.yaml"]
        await room.spec(sparseCheckout=["b"])
        seen = await room.see(lambda seen: seen["status"].get("observedSparseCheckout") == ["b"])
        await room.fetch(seen, tmp_path / "second")
        assert files(tmp_path / "second") == ["b", "b/cm.yaml"]
        await room.spec(sparseCheckout=None)
        seen = await room.see(lambda seen: "observedSparseCheckout" not in seen["status"])
        await room.fetch(seen, tmp_path / "third")
        assert "a" in files(tmp_path / "third")


@pytest.mark.parametrize("path", ["c", "a/none", "/a"])
async def test_a_path_that_is_not_there_is_told(room: Room, path: str) -> None:
    await room.space.source(sparseCheckout=["a", path])
    async with room.controller():
        found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
        text = f"sparse checkout dir '{path}' does not exist in repository: no such file or directory"
        assert found["FetchFailed"][1] == "GitOperationFailed"
        assert found["Ready"][2] == f"failed to sparse checkout directories : {text}"
    assert room.files() == []


async def test_a_pass_with_nothing_new_fetches_nothing(room: Room) -> None:
    await room.space.source(sparseCheckout=["a"])
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
        again = await room.ask()
        assert again["status"]["artifact"] == before["status"]["artifact"]
