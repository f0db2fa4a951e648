"""`spec.recurseSubmodules`: parts of other repositories, at the commits that the repository names."""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest
from tests.source.conftest import Room, conditions

from sluice.git import mirrors
from sluice.testing.git import GitServer, Submodule
from sluice.testing.git_repositories import Content, Repository
from sluice.testing.git_ssh import SSHGitServer

pytestmark = pytest.mark.needs("git-http-backend")

CHECKOUT = "failed to checkout and determine revision: "


def linked(repository: Repository, parts: Mapping[str, tuple[str, str]], **files: Content) -> str:
    """Commit submodules by path, each an address and a commit, and files; the commit."""
    text = "".join(f'[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n' for path, (url, _) in parts.items())
    links = {path: Submodule(commit) for path, (_, commit) in parts.items()}
    return repository.commit({".gitmodules": text, **links, **files})


def part(room: Room, name: str, **files: str) -> tuple[str, str]:
    """A repository beside the one of the room, as a submodule that is named by its place."""
    repository = room.server.repository(f"{room.space.name}-{name}")
    return f"../{room.space.name}-{name}.git", repository.commit(files or {"x.yaml": name})


async def files(room: Room, seen: dict[str, Any], into: pathlib.Path) -> dict[str, str]:
    await room.fetch(seen, into)
    return {str(path.relative_to(into)): path.read_text() for path in written(into)}


def written(root: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file()]


async def failing(room: Room) -> str:
    found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
    assert found["FetchFailed"][:2] == ("True", "GitOperationFailed")
    return found["FetchFailed"][2]


def staged(room: Room) -> list[pathlib.Path]:
    return list((room.storage / ".git-mirrors").glob("staging-*"))


async def test_submodules_are_fetched_with_their_own(room: Room, tmp_path: pathlib.Path) -> None:
    inner = part(room, "inner")
    outer = room.server.repository(f"{room.space.name}-outer")
    middle = (room.server.url(f"{room.space.name}-outer"), linked(outer, {"deep/er": inner}, **{"o.yaml": "outer"}))
    commit = linked(room.space.repository, {"lib/outer": middle, "alone": inner})
    await room.space.source(recurseSubmodules=True)
    async with room.controller():
        seen = await room.see_revision(f"main@sha1:{commit}")
        found = await files(room, seen, tmp_path / "with")
        assert {path: text for path, text in found.items() if path.startswith(("lib", "alone"))} == {
            "alone/x.yaml": "inner",
            "lib/outer/deep/er/x.yaml": "inner",
            "lib/outer/o.yaml": "outer",
        }
        assert seen["status"]["observedRecurseSubmodules"] is True
        assert staged(room) == []
        asked = len(room.server.requests)
        await room.ask()
        # What is at which commit is the repository's to say: one look at it is all.
        assert len(room.server.requests) == asked + 1
        await room.spec(recurseSubmodules=False)
        without = await room.see(lambda seen: "observedRecurseSubmodules" not in seen["status"])
        assert not [path for path in await files(room, without, tmp_path / "without") if path.startswith("lib")]


async def test_a_submodule_that_moves_is_all_that_is_fetched(room: Room, tmp_path: pathlib.Path) -> None:
    one, two = part(room, "one"), part(room, "two")
    linked(room.space.repository, {"one": one, "two": two})
    await room.space.source(recurseSubmodules=True)
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        before = len(room.server.requests)
        later = part(room, "two", **{"x.yaml": "newer"})
        commit = linked(room.space.repository, {"one": one, "two": later})
        await room.ask()
        seen = await room.see_revision(f"main@sha1:{commit}")
        assert (await files(room, seen, tmp_path / "out"))["two/x.yaml"] == "newer"
        assert not [each for each in room.server.requests[before:] if "-one.git" in each.path]


async def test_they_are_ignored_included_and_checked_out_sparsely_as_everything_is(
    room: Room, tmp_path: pathlib.Path
) -> None:
    lib = part(room, "lib", **{"keep/a": "1", "drop/b": "2", ".sourceignore": "drop/\n"})
    linked(room.space.repository, {"lib": lib, "other": lib}, **{"own/c": "3"})
    await room.space.source("more", url=room.space.url, ignore="/*\n!/README.md")
    await room.space.source(
        recurseSubmodules=True,
        sparseCheckout=["lib/keep", "lib/.sourceignore", "lib/drop", "own"],
        include=[{"repository": {"name": "more"}, "toPath": "lib/keep/more"}],
    )
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        found = await files(room, seen, tmp_path / "out")
        assert found == {
            "lib/.sourceignore": "drop/\n",
            "lib/keep/a": "1",
            "lib/keep/more/README.md": "x\n",
            "own/c": "3",
        }
        await room.spec(sparseCheckout=["lib/none"])
        told = "failed to sparse checkout directories : sparse checkout dir 'lib/none' does not exist in repository: "
        assert await failing(room) == told + "no such file or directory"


async def test_the_login_is_shown_to_the_repositorys_own_server_only(room: Room) -> None:
    room.server.basic = ("me", "hunter2")
    async with GitServer() as other:
        public = (other.url("public"), other.repository("public").commit({"p": "1"}))
        linked(room.space.repository, {"own": part(room, "own"), "public": public})
        await room.secret("login", username="me", password="hunter2")
        await room.space.source(recurseSubmodules=True, secretRef={"name": "login"})
        async with room.controller():
            await room.space.see_ready("GitRepository", "src")
            assert {each.authorization for each in room.server.requests} == {"Basic"}
            assert {each.authorization for each in other.requests} == {""}
            # A repository of another server does not decide who is shown the login, nor whom it opens.
            back = (room.server.url(f"{room.space.name}-own"), part(room, "own", y="1")[1])
            linked(
                room.space.repository, {"public": (other.url("evil"), linked(other.repository("evil"), {"b": back}))}
            )
            await room.ask()
            assert (await failing(room)).endswith("submodule 'public/b': authentication required: who are you")


@pytest.mark.needs("sshd")
async def test_submodules_of_an_ssh_server_are_had_with_its_key(room: Room) -> None:
    async with SSHGitServer() as ssh:
        key = ssh.let_in()
        inner = ssh.repository("inner").commit({"i": "1"})
        commit = linked(ssh.repository("app"), {"inner": ("../inner.git", inner)})
        await room.secret("key", identity=key.identity.decode(), known_hosts=ssh.known_hosts.decode())
        await room.space.source(url=ssh.url("app"), secretRef={"name": "key"}, recurseSubmodules=True)
        async with room.controller():
            await room.see_revision(f"main@sha1:{commit}")
            linked(ssh.repository("app"), {"inner": ("git@elsewhere.example:x/inner.git", inner)})
            await room.ask()
            assert (await failing(room)).endswith("elsewhere.example is not among the known hosts of the key")


GONE = "0123456789012345678901234567890123456789"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("../NS-part.git", f"submodule 'part': unable to resolve commit object for '{GONE}': object not found"),
        ("../NS-none.git", "submodule 'part': repository not found: "),
        ("file:///etc", "submodule 'part': unknown transport 'file'"),
        ("/etc", "submodule 'part': unknown transport ''"),
        ("ext::sh -c touch% /tmp/x", "submodule 'part': unknown transport 'ext'"),
        (
            "git@host.example:x.git",
            "submodule 'part': ssh://host.example/x.git is had over ssh, for which there is no key",
        ),
        ("http://169.254.169.254/latest", "submodule 'part': 169.254.169.254: this address belongs to the machine"),
        ("http://me:hunter2@127.0.0.1:1/x", "submodule 'part': Get \"http://127.0.0.1:1/x/info/refs"),
        ("../../../../x", "submodule 'part': the address of a submodule leads above its server"),
        ("http://bad host/", "submodule 'part': parse "),
    ],
)
async def test_submodules_that_cannot_be_had_are_told_and_tried_again(room: Room, address: str, told: str) -> None:
    room.space.commit({"good": "1"})
    await room.space.source(recurseSubmodules=True)
    async with room.controller():
        first = await room.space.see_ready("GitRepository", "src")
        part(room, "part")
        linked(room.space.repository, {"part": (address.replace("NS", room.space.name), GONE)})
        await room.ask()
        text = await failing(room)
        assert text.startswith(f"{CHECKOUT}unable to clone '{room.space.url}': {told}"), text
        assert "hunter2" not in text
        seen = await room.get()
        assert seen["status"]["artifact"] == first["status"]["artifact"]
        assert "Stalled" not in conditions(seen)
    assert staged(room) == []


async def test_links_that_nobody_gives_an_address_stay_empty_as_in_flux(room: Room, tmp_path: pathlib.Path) -> None:
    hostile = '[submodule "a"]\n\tpath = ../../outside\n\turl = ../x\n[submodule "b"]\n\tpath = .git\n\turl = ../x\n'
    room.space.repository.commit({".gitmodules": hostile, "link": Submodule(GONE), "f": "1"})
    await room.space.source(recurseSubmodules=True)
    async with room.controller():
        seen = await room.space.see_ready("GitRepository", "src")
        await room.fetch(seen, tmp_path / "out")
    found = [str(path.relative_to(tmp_path / "out")) for path in written(tmp_path / "out")]
    assert found == ["README.md", "a/cm.yaml", "b/cm.yaml", "f"]


async def test_bombs_of_submodules_are_cut_off(room: Room, tmp_path: pathlib.Path) -> None:
    one = part(room, "one")
    linked(room.space.repository, {f"m{number}": one for number in range(257)})
    await room.space.source(recurseSubmodules=True)
    async with room.controller():
        assert (await failing(room)).endswith("the repository has more than 256 submodules")
        chain = one
        for number in range(12):
            repository = room.server.repository(f"{room.space.name}-chain{number}")
            commit = linked(repository, {"n": chain}, level=str(number))
            chain = (f"../{room.space.name}-chain{number}.git", commit)
        commit = linked(room.space.repository, {"n": chain})
        paths = [f"m{number}" for number in range(257)]
        commit = room.space.repository.commit({}, remove=paths)
        seen = await room.see_revision(f"main@sha1:{commit}")
        found = await files(room, seen, tmp_path / "out")
        # Ten levels, as in Flux; the eleventh is an empty directory.
        assert [path for path in found if path.endswith("level")] == sorted(
            "n/" * deep + "level" for deep in range(1, 11)
        )


async def test_what_a_killed_process_left_is_swept_away_with_unused_mirrors(tmp_path: pathlib.Path) -> None:
    left = tmp_path / "staging-0" / "tree"
    left.mkdir(parents=True)
    (left.parent / "lock").touch()
    assert mirrors.sweep(tmp_path, unused_seconds=3600) == []
    os.utime(left.parent / "lock", (0, 0))
    assert mirrors.sweep(tmp_path, unused_seconds=3600) == [left.parent]
    assert not left.exists()
