import asyncio
from pathlib import Path

import pygit2
import pytest
from tests.git.conftest import Desk, examine

from sluice import git
from sluice.git import Reference, checkouts, mirrors

pytestmark = pytest.mark.needs("git-http-backend")

MAIN = Reference(branch="main")
FETCH = ["refs?service=git-upload-pack", "git-upload-pack", "git-upload-pack"]


def found(result: tuple[git.Commit, list[str]] | None) -> tuple[git.Commit, list[str]]:
    assert result is not None
    return result


async def test_a_branch_is_checked_out_and_followed(desk: Desk) -> None:
    repository = desk.server.repository("app")
    first = repository.commit({"a": "1"}, message="first\n\nbody")
    commit, names = found(await desk.checkout(MAIN))
    assert (commit.id, commit.revision, commit.subject, names) == (first, f"main@sha1:{first}", "first", ["a"])
    second = repository.commit({"b": "2"})
    assert found(await desk.checkout(MAIN))[0].id == second
    assert found(await desk.checkout(MAIN))[1] == ["a", "b"]


async def test_the_history_stays_behind(desk: Desk) -> None:
    repository = desk.server.repository("app")
    old = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    await desk.checkout(MAIN)
    assert not checkouts._holds(mirrors.Mirror(desk.mirror(), max_bytes=1 << 30).shallow(), old)


async def test_a_known_revision_is_not_fetched(desk: Desk) -> None:
    head = desk.server.repository("app").commit({"a": "1"})
    assert await desk.checkout(MAIN, known=f"main@sha1:{head}") is None


async def test_what_the_mirror_has_is_not_fetched_again(desk: Desk) -> None:
    repository = desk.server.repository("app")
    repository.commit({"a": "1"})
    repository.tag("v1")
    await desk.checkout(MAIN)
    async with desk.counting() as seen:
        await desk.checkout(Reference(tag="v1"))
    assert seen == FETCH[:2]  # only the list


async def test_annotated_tags_lead_to_their_commit(desk: Desk) -> None:
    repository = desk.server.repository("app")
    commit = repository.commit({"a": "1"})
    tag = repository.tag("v1", message="hello")
    checked = found(await desk.checkout(Reference(tag="v1")))[0]
    assert tag != commit
    assert checked.revision == f"v1@sha1:{commit}"


async def test_of_equal_versions_the_newest_commit_counts(desk: Desk) -> None:
    repository = desk.server.repository("app")
    older = repository.commit({"a": "1"}, time=2000)
    newer = repository.commit({"a": "2"}, time=3000)
    repository.tag("1.0.0+z", commit=older)
    repository.tag("1.0.0+a", commit=newer)
    assert found(await desk.checkout(Reference(semver="1.x")))[0].revision == f"1.0.0+a@sha1:{newer}"


async def test_any_name_of_the_server_can_be_followed(desk: Desk) -> None:
    repository = desk.server.repository("app")
    commit = repository.commit({"a": "1"})
    repository.reference("refs/pull/7/head", commit)
    checked = found(await desk.checkout(Reference(name="refs/pull/7/head")))[0]
    assert checked.revision == f"refs/pull/7/head@sha1:{commit}"


@pytest.mark.parametrize("generous", [True, False])
async def test_a_pinned_commit_is_fetched_once(desk: Desk, generous: bool) -> None:
    repository = desk.server.repository("app")
    repository.configure("uploadpack.allowAnySHA1InWant", str(generous).lower())
    pinned = repository.commit({"a": "1"})
    repository.commit({"b": "1"})
    commit, names = found(await desk.checkout(Reference(commit=pinned)))
    assert (commit.revision, names) == (f"sha1:{pinned}", ["a"])
    async with desk.counting() as seen:
        await desk.checkout(Reference(commit=pinned))
    assert seen == []


async def test_a_pin_on_a_branch_must_be_on_it(desk: Desk) -> None:
    repository = desk.server.repository("app")
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    stray = repository.commit({"a": "3"}, branch="other")
    assert found(await desk.checkout(Reference(branch="main", commit=first)))[0].revision == f"main@sha1:{first}"
    with pytest.raises(git.UnresolvedError, match=f"unable to resolve commit object for '{stray}'"):
        await desk.checkout(Reference(branch="main", commit=stray))


async def test_an_unknown_commit_is_told(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    with pytest.raises(git.UnresolvedError, match="object not found"):
        await desk.checkout(Reference(commit="0" * 39 + "1"))


async def test_a_branch_that_was_rewritten_is_followed(desk: Desk) -> None:
    repository = desk.server.repository("app")
    repository.commit({"a": "1"})
    await desk.checkout(MAIN)
    other = repository.commit({"z": "1"}, branch="fresh")
    repository.reference("refs/heads/main", other)
    assert found(await desk.checkout(MAIN))[1] == ["z"]


async def test_a_repository_beyond_the_limit_is_refused(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": bytes(range(256)) * 40})
    with pytest.raises(git.TooLargeError, match="larger than 300 bytes"):
        await desk.checkout(MAIN, limit=300)


async def test_a_server_that_falls_silent_costs_the_time_allowed(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    upstream = desk.upstream()
    refs = await upstream.refs(MAIN.prefixes())
    desk.server.hang()
    async with desk.gateway.visit(upstream, limit=1 << 30, seconds=0.2) as (address, visit):
        job = git.Job(address=address, mirror=desk.mirror(), reference=MAIN, refs=refs)
        with pytest.raises(git.GitError):
            await asyncio.to_thread(examine, job)
        assert isinstance(visit.failure, git.DeadlineError)


async def test_the_gateway_knows_only_its_guests(desk: Desk) -> None:
    async with desk.gateway.visit(desk.upstream(), limit=1, seconds=1) as (address, _):
        pass
    for gone in (address, address.rpartition("/")[0] + "/guess"):
        async with desk.client.request("GET", f"{gone}/info/refs") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("damage", ["marker", "head", "packs", "index", "everything"])
async def test_a_damaged_mirror_is_made_anew(desk: Desk, damage: str) -> None:
    repository = desk.server.repository("app")
    repository.commit({"a": "1"})
    await desk.checkout(MAIN)
    shallow = desk.mirror() / "shallow.git"
    spoil(shallow, damage)
    assert found(await desk.checkout(MAIN))[1] == ["a"]
    repository.commit({"b": "1"})
    assert found(await desk.checkout(MAIN))[1] == ["a", "b"]


def spoil(shallow: Path, damage: str) -> None:
    patterns = {"marker": "sluice-ready", "head": "HEAD", "packs": "*.pack", "index": "*.idx", "everything": "*"}
    for path in list(shallow.rglob(patterns[damage])):
        if path.is_file() and (damage == "marker" or path.name != "sluice-ready"):
            # Replaced, not rewritten: libgit2 has the old file in its memory, as no process has after a crash.
            path.unlink()
            if damage != "marker":
                path.write_bytes(b"\0")


async def test_a_mirror_whose_user_was_killed_is_made_anew(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    await desk.checkout(MAIN)
    assert not (desk.mirror() / "busy").exists()
    (desk.mirror() / "busy").touch()
    (desk.mirror() / "shallow.git" / "left-over").touch()
    assert found(await desk.checkout(MAIN))[1] == ["a"]
    assert not (desk.mirror() / "shallow.git" / "left-over").exists()


async def test_a_mirror_with_too_many_packs_starts_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "MAX_PACKS", 3)
    repository = desk.server.repository("app")
    for number in range(6):
        repository.commit({f"f{number}": "1"})
        assert len(found(await desk.checkout(MAIN))[1]) == number + 1
    packs = list((desk.mirror() / "shallow.git" / "objects" / "pack").glob("*.pack"))
    assert len(packs) <= 4


async def test_other_credentials_get_another_mirror(desk: Desk) -> None:
    url = git.RepositoryURL.parse(desk.server.url("app"))
    mine = mirrors.directory(desk.root, url, git.from_secret(url, {"username": b"u", "password": b"p"}))
    assert mine != desk.mirror()


async def test_unused_mirrors_are_swept(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    await desk.checkout(MAIN)
    assert mirrors.sweep(desk.root, unused_seconds=3600) == []
    assert mirrors.sweep(desk.root, unused_seconds=-1) == [desk.mirror()]
    assert not desk.mirror().exists()
    assert found(await desk.checkout(MAIN))[1] == ["a"]


async def test_two_processes_share_a_mirror_in_turn(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    results = await asyncio.gather(*(desk.checkout(MAIN) for _ in range(4)))
    assert {found(result)[0].id for result in results} == {desk.server.repository("app").head()}


async def test_a_local_repository_can_be_checked_out(desk: Desk, tmp_path: Path) -> None:
    repository = desk.server.repository("app")
    repository.commit({"a": "1"})
    job = git.Job(address=f"file://{repository.path}", mirror=tmp_path / "m", reference=MAIN)
    assert found(examine(job))[1] == ["a"]


async def test_the_configuration_of_whoever_runs_it_is_not_obeyed(desk: Desk, tmp_path: Path) -> None:
    repository = desk.server.repository("app")
    repository.commit({"a": "1"})
    levels = pygit2.enums.ConfigLevel
    before = pygit2.settings.search_path[levels.GLOBAL]
    (tmp_path / ".gitconfig").write_text('[url "file:///nowhere"]\n\tinsteadOf = file://\n')
    pygit2.settings.search_path[levels.GLOBAL] = str(tmp_path)
    try:
        job = git.Job(address=f"file://{repository.path}", mirror=tmp_path / "m", reference=MAIN)
        assert found(examine(job))[1] == ["a"]
    finally:
        pygit2.settings.search_path[levels.GLOBAL] = before


async def test_an_empty_repository_is_told(desk: Desk, tmp_path: Path) -> None:
    repository = desk.server.repository("app")
    job = git.Job(address=f"file://{repository.path}", mirror=tmp_path / "m", reference=MAIN)
    with pytest.raises(git.EmptyRepositoryError, match="git repository is empty"):
        examine(job)
