"""What goes wrong is told in Flux's words, leaves the artifact alone, and ends when its cause does."""

import asyncio
import os
from typing import Any

import pytest
from tests.source.conftest import Room, conditions

from sluice.testing.git_ssh import SSHGitServer

pytestmark = pytest.mark.needs("git-http-backend")

CHECKOUT = "failed to checkout and determine revision: "


async def failing(room: Room, name: str = "src") -> dict[str, tuple[str, str, str]]:
    return conditions(await room.space.see_ready("GitRepository", name, "False"))


async def test_a_missing_branch_leaves_the_artifact_and_recovers(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
        await room.spec(ref={"branch": "none"})
        seen = await room.space.see_ready("GitRepository", "src", "False")
        text = f"{CHECKOUT}unable to clone '{room.space.url}': couldn't find remote ref \"refs/heads/none\""
        found = conditions(seen)
        assert found["Ready"] == ("False", "GitOperationFailed", text)
        assert found["FetchFailed"] == ("True", "GitOperationFailed", text)
        assert found["Reconciling"] == ("True", "ProgressingWithRetry", "processing object: new generation 1 -> 2")
        assert found["ArtifactInStorage"][0] == "True"
        assert seen["status"]["artifact"] == before["status"]["artifact"]
        assert seen["status"]["observedGeneration"] == 1
        await room.spec(ref={"branch": "main"})
        again = await room.space.see_ready("GitRepository", "src")
        assert set(conditions(again)) == {"Ready", "ArtifactInStorage"}
        revision = before["status"]["artifact"]["revision"]
        assert f"Normal Succeeded stored artifact for commit '{revision}'" in await room.events(4)


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        (
            {"ref": {"tag": "v9"}},
            "GitOperationFailed",
            CHECKOUT + "unable to clone 'URL': couldn't find remote ref \"refs/tags/v9\"",
        ),
        (
            {"ref": {"semver": "not a range"}},
            "GitOperationFailed",
            CHECKOUT + 'semver parse error: improper constraint: "not a range"',
        ),
        ({"ref": {"semver": ">9"}}, "GitOperationFailed", CHECKOUT + "no match found for semver: >9"),
        (
            {"ref": {"name": "refs/x"}},
            "GitOperationFailed",
            CHECKOUT + "unable to resolve ref 'refs/x' to a specific commit",
        ),
        (
            {"secretRef": {"name": "none"}},
            "AuthenticationFailed",
            "failed to get secret 'NS/none': failed to get secret 'NS/none': secrets \"none\" not found",
        ),
        (
            {"proxySecretRef": {"name": "none"}},
            "AuthenticationFailed",
            "failed to configure proxy options: secret 'NS/none' not found",
        ),
        (
            {"url": "ssh://x/y"},
            "AuthenticationFailed",
            "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required",
        ),
        (
            {"url": "http://u:secret@127.0.0.1:1/x.git"},
            "GitOperationFailed",
            CHECKOUT + "unable to clone 'http://127.0.0.1:1/x.git': "
            'Get "http://127.0.0.1:1/x.git/info/refs?service=git-upload-pack": '
            "dial tcp 127.0.0.1:1: connect: connection refused",
        ),
    ],
)
async def test_failures_read_as_in_flux(room: Room, spec: dict[str, Any], reason: str, text: str) -> None:
    await room.space.source(**spec)
    async with room.controller():
        found = await failing(room)
        told = text.replace("URL", room.space.url).replace("NS", room.space.name)
        assert found["Ready"] == ("False", reason, told)
        assert found["FetchFailed"] == ("True", reason, told)
        assert found["Reconciling"] == ("True", "ProgressingWithRetry", "building artifact")
        assert (await room.events(1))[0] == f"Warning {reason} {told}"


async def test_an_empty_repository_is_told(room: Room) -> None:
    room.server.repository("empty")
    await room.space.source(url=room.server.url("empty"))
    async with room.controller():
        assert (await failing(room))["Ready"] == ("False", "EmptyGitRepository", "git repository is empty")


async def test_a_login_from_a_secret_is_used_and_never_shown(room: Room) -> None:
    room.server.basic = ("me", "hunter2")
    await room.secret("login", username="me", password="hunter3")
    await room.space.source(secretRef={"name": "login"})
    async with room.controller():
        found = await failing(room)
        told = f"{CHECKOUT}unable to clone '{room.space.url}': authentication required: who are you"
        assert found["Ready"] == ("False", "GitOperationFailed", told)
        await room.secret("login", username="me", password="hunter2")
        seen = await room.space.see_ready("GitRepository", "src")
    assert "hunter" not in str(seen)
    assert "hunter" not in str(await room.events(2))
    assert not [path for path in room.storage.rglob("*") if path.is_file() and b"hunter" in path.read_bytes()]


async def test_a_silent_server_costs_its_timeout_and_nobody_else(room: Room) -> None:
    room.server.hang()
    await room.space.source("slow", timeout="1s")
    async with room.controller():
        found = await failing(room, "slow")
        told = f"{CHECKOUT}unable to clone '{room.space.url}': context deadline exceeded"
        assert found["Ready"] == ("False", "GitOperationFailed", told)
        room.server.release()
        await room.space.see_ready("GitRepository", "slow")


async def test_a_repository_beyond_the_limit_is_told(room: Room) -> None:
    room.space.repository.commit({"big": bytes(range(256)) * 100})
    await room.space.source()
    async with room.controller("--git-max-size=2000"):
        found = await failing(room)
        assert found["Ready"][2].startswith(f"{CHECKOUT}unable to clone '{room.space.url}': the ")
        assert "larger than 2000 bytes" in found["Ready"][2]
    assert room.files() == []


async def test_a_lost_worker_costs_one_try(room: Room) -> None:
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        crash = asyncio.create_task(room.pool.run(_die))
        await asyncio.wait((crash,))
        assert crash.exception() is not None
        commit = room.space.repository.commit({"c": "1"})
        await room.ask()
        await room.see_revision(f"main@sha1:{commit}")


def _die() -> None:
    os.abort()


@pytest.mark.needs("sshd")
async def test_a_repository_is_fetched_over_ssh(room: Room) -> None:
    async with SSHGitServer() as ssh:
        commit = ssh.repository("app").commit({"a": "1"})
        await room.secret("key", identity="not a key", known_hosts="x")
        await room.space.source(url=ssh.url("app"), secretRef={"name": "key"})
        async with room.controller():
            text = "unable to construct auth method with options: ssh: no key found"
            assert (await failing(room))["Ready"] == ("False", "GitOperationFailed", CHECKOUT + text)
            key = ssh.let_in()
            await room.secret("key", identity=key.identity.decode(), known_hosts=ssh.known_hosts.decode())
            await room.see_revision(f"main@sha1:{commit}")
            later = ssh.repository("app").commit({"a": "2"})
            await room.ask()
            before = await room.see_revision(f"main@sha1:{later}")
            assert (await room.ask())["status"]["artifact"] == before["status"]["artifact"]
