"""`spec.verify`: only what is signed by whom one trusts becomes an artifact."""

import base64
import pathlib
from typing import Any

import pytest
from tests.signatures.signers import PGPKey, SSHKey
from tests.source.conftest import Room, conditions

from sluice.testing.git_repositories import Signer

pytestmark = pytest.mark.needs("git-http-backend", "sshd")

TAG: dict[str, Any] = {"ref": {"tag": "v1"}}


@pytest.fixture(scope="module")
def pgp() -> PGPKey:
    return PGPKey()


@pytest.fixture
def ssh(tmp_path: pathlib.Path) -> SSHKey:
    return SSHKey(tmp_path / "mine")


def wanting(mode: str) -> dict[str, Any]:
    return {"verify": {"mode": mode, "secretRef": {"name": "keys"}}}


def commit(room: Room, signer: Signer | None) -> str:
    return room.space.repository.commit({"a/cm.yaml": "a: 9\n"}, signer=signer)


async def refused(room: Room, reason: str) -> str:
    """What is said of a revision that is refused for that reason."""
    seen = await room.space.see_ready("GitRepository", "src", "False", reason=reason)
    assert conditions(seen)["SourceVerified"] == conditions(seen)["Ready"]
    return conditions(seen)["Ready"][2]


async def test_a_commit_that_is_signed_is_stored_and_the_key_told(room: Room, pgp: PGPKey, ssh: SSHKey) -> None:
    first = commit(room, pgp.sign)
    await room.secret("keys", **{"me.asc": pgp.public.decode(), "me.sshpub": ssh.public.decode()})
    await room.space.source(**wanting("HEAD"))
    async with room.controller():
        seen = await room.see_revision(f"main@sha1:{first}")
        text = f"verified signature of\n\t- commit '{first}' with key '{pgp.id}'"
        assert conditions(seen)["SourceVerified"] == ("True", "Succeeded", text)
        assert seen["status"]["sourceVerificationMode"] == "HEAD"
        assert f"Normal Succeeded {text}" in await room.events(2)
        second = commit(room, ssh.sign)
        await room.ask()
        seen = await room.see_revision(f"main@sha1:{second}")
        assert conditions(seen)["SourceVerified"][2].endswith(f"commit '{second}' with key '{ssh.fingerprint}'")


async def test_a_commit_that_is_not_signed_by_them_leaves_the_artifact_and_recovers(
    room: Room, pgp: PGPKey, ssh: SSHKey
) -> None:
    good = commit(room, pgp.sign)
    await room.secret("keys", **{"me.asc": pgp.public.decode()})
    await room.space.source(**wanting("HEAD"))
    async with room.controller():
        before = await room.see_revision(f"main@sha1:{good}")
        unsigned = commit(room, None)
        await room.ask()
        text = await refused(room, "InvalidCommitSignature")
        assert text == f"signature verification of commit '{unsigned}' failed: unsupported signature type: empty"
        assert f"Warning InvalidCommitSignature {text}" in await room.events(3)
        assert (await room.get())["status"]["artifact"] == before["status"]["artifact"]
        commit(room, PGPKey().sign)
        assert (await refused_with(room, "no matching key")).endswith(
            "with any of the given key rings: no matching key"
        )
        commit(room, ssh.sign)
        assert "no SSH public keys found in secret" in await refused_with(room, "SSH signature detected")
        room.space.repository.reference("refs/heads/main", good)
        again = await room.space.see_ready("GitRepository", "src")
        assert conditions(again)["SourceVerified"][2].endswith(f"commit '{good}' with key '{pgp.id}'")
    assert room.files() == [f"{good}.tar.gz"]


async def test_what_was_refused_is_not_what_is_told_of_a_later_failure(room: Room, pgp: PGPKey) -> None:
    commit(room, None)
    await room.secret("keys", **{"me.asc": pgp.public.decode()})
    await room.space.source(**wanting("HEAD"))
    async with room.controller():
        await refused(room, "InvalidCommitSignature")
        room.server.fault = 500
        seen = await room.space.see_ready("GitRepository", "src", "False", reason="GitOperationFailed")
        assert "SourceVerified" not in conditions(seen)
        assert conditions(seen)["FetchFailed"] == ("True", *conditions(seen)["Ready"][1:])
        room.server.fault = None
        await refused(room, "InvalidCommitSignature")
        assert "FetchFailed" not in conditions(await room.get())


async def refused_with(room: Room, text: str) -> str:
    seen = await room.see(lambda seen: text in conditions(seen)["Ready"][2])
    return conditions(seen)["Ready"][2]


@pytest.mark.parametrize("which", ["expired", "revoked"])
async def test_a_key_that_is_good_no_more_counts_for_nothing(room: Room, which: str) -> None:
    key = PGPKey()
    commit(room, key.sign)
    # As bytes in base64 they are no text: rings need no armor.
    await room.space.apply(secret(room, getattr(key, which)))
    await room.space.source(**wanting("HEAD"))
    async with room.controller():
        assert (await refused(room, "InvalidCommitSignature")).endswith("no matching key")
    assert room.files() == []


def secret(room: Room, ring: bytes) -> dict[str, Any]:
    metadata = {"name": "keys", "namespace": room.space.name}
    data = {"me.asc": base64.b64encode(ring).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


async def test_keys_that_are_missing_are_told_before_anything_is_fetched(room: Room, pgp: PGPKey) -> None:
    signed = commit(room, pgp.sign)
    await room.space.source(**wanting("HEAD"))
    async with room.controller():
        assert await refused(room, "VerificationError") == 'public keys secret error: secrets "keys" not found'
        await room.secret("keys", **{"me.asc": pgp.public.decode()})
        await room.see_revision(f"main@sha1:{signed}")


async def test_a_signed_tag_and_its_commit_are_both_told(room: Room, pgp: PGPKey, ssh: SSHKey) -> None:
    head = commit(room, ssh.sign)
    tag = room.space.repository.tag("v1", message="one", signer=pgp.sign)
    await room.secret("keys", **{"me.asc": pgp.public.decode(), "me.sshpub": ssh.public.decode()})
    await room.space.source("branch")
    await room.space.source(**TAG, **wanting("Tag"))
    async with room.controller():
        # The commit is here by its branch already: the tag has to be fetched all the same.
        await room.space.see_ready("GitRepository", "branch")
        seen = await room.see_revision(f"v1@sha1:{head}")
        told = f"verified signature of\n\t- tag 'v1@{tag}' with key '{pgp.id}'"
        assert conditions(seen)["SourceVerified"][2] == told
        await room.spec(**wanting("TagAndHEAD"))
        seen = await room.see(lambda seen: seen["status"].get("sourceVerificationMode") == "TagAndHEAD")
        assert conditions(seen)["SourceVerified"][2] == f"{told}\n\t- commit '{head}' with key '{ssh.fingerprint}'"
        await room.spec(verify=None)
        seen = await room.space.see_ready("GitRepository", "src")
        assert "SourceVerified" not in conditions(seen)
        assert "sourceVerificationMode" not in seen["status"]


@pytest.mark.parametrize("message", [None, "one"])
async def test_a_tag_that_is_not_signed_is_refused(room: Room, pgp: PGPKey, message: str | None) -> None:
    commit(room, pgp.sign)
    tag = room.space.repository.tag("v1", message=message)
    await room.secret("keys", **{"me.asc": pgp.public.decode()})
    await room.space.source(**TAG, **wanting("Tag"))
    async with room.controller():
        shown = f"v1@{tag}" if message else "v1"
        text = await refused(room, "InvalidGitObject")
        assert text == f"cannot verify signature of tag '{shown}' since it is not signed"


async def test_a_tag_signed_by_somebody_else_is_refused(room: Room, pgp: PGPKey) -> None:
    commit(room, pgp.sign)
    tag = room.space.repository.tag("v1.0.0", message="one", signer=PGPKey().sign)
    await room.secret("keys", **{"me.asc": pgp.public.decode()})
    await room.space.source(ref={"semver": "1.x"}, **wanting("TagAndHEAD"))
    async with room.controller():
        text = await refused(room, "InvalidTagSignature")
        assert text.startswith(f"signature verification of tag 'v1.0.0@{tag}' failed: unable to verify Git tag: ")


async def test_a_branch_has_no_tag_to_verify_so_the_object_stalls(room: Room, pgp: PGPKey) -> None:
    commit(room, pgp.sign)
    await room.secret("keys", **{"me.asc": pgp.public.decode()})
    await room.space.source(**wanting("Tag"))
    async with room.controller():
        text = await refused(room, "InvalidVerificationMode")
        assert text == "cannot verify tag object's signature if a tag reference is not specified"
        assert conditions(await room.get())["Stalled"][1] == "InvalidVerificationMode"
