"""A reference becomes an artifact, and follows."""

import pathlib

import pytest
from tests.source.conftest import Room, conditions

from sluice import git
from sluice.testing.git import Repository
from sluice_controllers.source.gitrepository import building

pytestmark = pytest.mark.needs("git-http-backend")

FIRST = "d4cd7269bb03eb9f0fd21b1516c11ff21c68ade5"
SECOND = "272a7b484b32fe9a93f02e9b37feb69c6bc6d9bb"
"""The commits that the recorded scenarios have, of the same files."""


async def test_a_branch_becomes_an_artifact_as_flux_writes_it(room: Room, tmp_path: pathlib.Path) -> None:
    await room.space.source()
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        stored = seen["status"]["artifact"]
        path = f"gitrepository/{room.space.name}/src/{FIRST}.tar.gz"
        assert (stored["revision"], stored["path"]) == (f"main@sha1:{FIRST}", path)
        assert stored["url"].endswith(f"/{path}")
        told = ("True", "Succeeded", f"stored artifact for revision 'main@sha1:{FIRST}'")
        assert conditions(seen) == {"Ready": told, "ArtifactInStorage": told}
        assert seen["status"]["observedGeneration"] == 1
        assert seen["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
        assert await room.events(1) == ["Normal NewArtifact stored artifact for commit 'change'"]
        await room.fetch(seen, tmp_path / "out")
    assert (tmp_path / "out" / "a" / "cm.yaml").read_text() == "a: 1\n"


async def test_a_new_commit_becomes_a_new_artifact(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
        await room.ask()
        seen = await room.see_revision(f"main@sha1:{SECOND}")
        assert seen["status"]["artifact"]["path"].endswith(f"{SECOND}.tar.gz")
        # The old one stays for whoever is about to fetch it.
        assert room.files() == sorted([f"{FIRST}.tar.gz", f"{SECOND}.tar.gz"])


async def test_a_pass_with_nothing_new_asks_once_and_writes_nothing(room: Room) -> None:
    await room.space.source(interval="1s")
    async with room.controller("--interval-jitter-percentage=0"):
        before = await room.space.see_ready("GitRepository", "src")
        room.writes.clear()
        room.server.requests.clear()
        while len(room.server.requests) < 2:
            await room.get()
        assert {request.path.rpartition("/")[2] for request in room.server.requests} == {"git-upload-pack"}
        assert room.writes == []
        assert (await room.get())["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        assert len(await room.events(1)) == 1


async def test_nothing_new_is_told_where_the_spec_is_another(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        await room.spec(interval="2h")
        told = f"no changes since last reconciliation: observed revision 'main@sha1:{FIRST}'"
        assert (await room.events(2))[-1] == f"Normal GitOperationSucceeded {told}"


async def test_a_check_that_is_asked_for_and_finds_nothing_new_costs_one_request(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        await room.events(1)
        room.writes.clear()
        await room.ask()
        await room.spec(interval="2h")
        # The second event is that of the new spec: the answer to the annotation was in the status alone.
        assert [told.split(" ")[1] for told in await room.events(2)] == ["NewArtifact", "GitOperationSucceeded"]
        assert room.writes[0] == "PATCH gitrepositories"
        assert len(room.writes) == 2


async def test_a_stored_pin_needs_no_network(room: Room) -> None:
    await room.space.source(ref={"commit": FIRST})
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        assert seen["status"]["artifact"]["revision"] == f"sha1:{FIRST}"
        room.server.requests.clear()
        await room.ask()
        assert room.server.requests == []


async def test_references_follow_their_precedence(room: Room) -> None:
    room.space.repository.tag("v1.2.0", message="annotated")
    room.space.repository.tag("1.3.0-rc.1")
    await room.space.source(ref={"branch": "main", "semver": ">=1.0.0 <2.0.0"})
    async with room.controller():
        await room.see_revision(f"v1.2.0@sha1:{FIRST}")
        await room.spec(ref={"tag": "1.3.0-rc.1"})
        await room.see_revision(f"1.3.0-rc.1@sha1:{FIRST}")
        await room.spec(ref={"name": "refs/heads/main"})
        await room.see_revision(f"refs/heads/main@sha1:{FIRST}")
        await room.spec(ref={"commit": FIRST})
        await room.see_revision(f"main@sha1:{FIRST}")


async def test_changed_ignore_rules_make_the_artifact_anew(room: Room, tmp_path: pathlib.Path) -> None:
    await room.space.source()
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
        await room.spec(ignore="/*\n!/a\n")
        seen = await room.see(lambda seen: "observedIgnore" in seen["status"])
        assert seen["status"]["artifact"]["digest"] != before["status"]["artifact"]["digest"]
        await room.fetch(seen, tmp_path / "out")
        assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["cm.yaml"]
        await room.spec(ignore=None)
        seen = await room.see(lambda seen: "observedIgnore" not in seen["status"])
        assert seen["status"]["artifact"]["digest"] == before["status"]["artifact"]["digest"]


async def test_a_vanished_artifact_is_made_again(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        (room.storage / seen["status"]["artifact"]["path"]).unlink()
        await room.ask()
        assert room.files() == [f"{FIRST}.tar.gz"]


async def test_a_damaged_artifact_is_told_and_made_again(room: Room, tmp_path: pathlib.Path) -> None:
    await room.space.source()
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        (room.storage / seen["status"]["artifact"]["path"]).write_bytes(b"damaged")
        again = await room.ask()
        digest = seen["status"]["artifact"]["digest"]
        told = f"failed to verify integrity of artifact: computed digest doesn't match '{digest}'"
        assert f"Warning ArtifactVerificationFailed {told}" in await room.events(2)
        await room.fetch(again, tmp_path / "out")


async def test_an_artifact_survives_a_restart(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
    room.server.requests.clear()
    async with room.controller():
        seen = await room.see(lambda seen: seen["status"]["artifact"]["url"] != before["status"]["artifact"]["url"])
        # Another port is advertised now; the artifact is the same and nothing was fetched.
        assert seen["status"]["artifact"]["lastUpdateTime"] == before["status"]["artifact"]["lastUpdateTime"]
        assert len(room.server.requests) <= 2


async def test_deletion_removes_what_was_stored(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        await room.space.client.delete(
            await room.space.client.resource_for("source.toolkit.fluxcd.io/v1", "GitRepository"), "src", room.space.name
        )
        await room.space.see_gone("source.toolkit.fluxcd.io/v1", "GitRepository", "src")
        assert room.files() == []
        told = "Normal GarbageCollectionSucceeded garbage collected artifacts for deleted resource"
        assert (await room.events(2))[-1] == told


async def test_a_suspended_source_is_left_alone_and_can_be_deleted(room: Room) -> None:
    await room.space.source(suspend=True)
    async with room.controller():
        await room.see(lambda seen: bool(seen["metadata"].get("finalizers")))
        await room.ask()
        assert "conditions" not in (await room.get())["status"]
        assert room.server.requests == []
        await room.space.delete_owners()


async def test_old_artifacts_go_after_their_time(room: Room) -> None:
    await room.space.source()
    async with room.controller("--artifact-retention-ttl=1ms"):
        for number in range(2, 4):
            await room.space.see_ready("GitRepository", "src")
            commit = room.space.repository.commit({"a/cm.yaml": f"a: {number}\n"})
            await room.ask()
            await room.see_revision(f"main@sha1:{commit}")
        await room.ask()
        assert room.files() == [f"{commit}.tar.gz"]


async def test_two_sources_of_one_repository_share_the_fetch(room: Room) -> None:
    await room.space.source("one")
    async with room.controller():
        await room.space.see_ready("GitRepository", "one")
        room.server.requests.clear()
        await room.space.source("two", ref={"name": "refs/heads/main"})
        await room.space.see_ready("GitRepository", "two")
        assert [request.path.rpartition("/")[2] for request in room.server.requests] == ["git-upload-pack"]


def test_a_build_that_fails_leaves_no_file(tmp_path: pathlib.Path) -> None:

    order = building.Order(
        job=git.Job(address="file:///none", mirror=tmp_path / "m", reference=git.Reference()),
        file=tmp_path / "out",
        ignore=None,
        algorithm="sha256",
    )
    with pytest.raises(git.GitError):
        building.build(order)
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_written_is_a_failure_of_the_storage(tmp_path: pathlib.Path) -> None:
    repository = Repository(tmp_path / "app.git")
    repository.commit({"a": "1"})
    order = building.Order(
        job=git.Job(address=f"file://{repository.path}", mirror=tmp_path / "m", reference=git.Reference(branch="main")),
        file=tmp_path / "missing" / "out",
        ignore=None,
        algorithm="sha256",
    )
    with pytest.raises(building.BuildError, match="no such file"):
        building.build(order)
