"""What a tag, a digest or a range leads to becomes the artifact; nothing new costs one request, and no write."""

import pathlib

import pytest
from tests.source.conftest import conditions
from tests.source.ocirepository.conftest import Shelf

from sluice.oci import manifests
from sluice.testing import polling
from sluice.testing import registries as kit

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)

FILES = {"a/cm.yaml": "a: 1\n", "b/cm.yaml": "b: 1\n"}


async def test_a_tag_becomes_an_artifact_with_the_annotations_of_its_manifest(
    shelf: Shelf, tmp_path: pathlib.Path
) -> None:
    digest = await shelf.registry.push(
        "org/app", "latest", FILES, revision="main@sha1:abc", source="https://git.example"
    )
    await shelf.source()

    async with shelf.controller("--storage-adv-addr=source.example"):
        seen = await shelf.see_ready()

    revision = f"latest@{digest}"
    stored = seen["status"]["artifact"]
    text = f"stored artifact for digest '{revision}'"
    assert conditions(seen) == {
        "Ready": ("True", "Succeeded", text),
        "ArtifactInStorage": ("True", "Succeeded", text),
    }
    assert stored["revision"] == revision
    assert stored["path"] == f"ocirepository/{shelf.space.name}/src/{digest}.tar.gz"
    assert seen["status"]["url"] == f"http://source.example/ocirepository/{shelf.space.name}/src/latest.tar.gz"
    assert stored["metadata"] == {
        manifests.CREATED: "2026-01-02T03:04:05Z",
        manifests.REVISION: "main@sha1:abc",
        manifests.SOURCE: "https://git.example",
    }
    url = shelf.registry.url("org/app")
    origin = "origin source 'https://git.example', origin revision 'main@sha1:abc'"
    told = f"stored artifact with revision '{revision}' from '{url}', {origin}"
    assert await shelf.events(1) == [f"Normal NewArtifact {told}"]


async def test_the_artifact_has_the_files_of_the_layer(shelf: Shelf, tmp_path: pathlib.Path) -> None:
    await shelf.registry.push("org/app", "latest", FILES)
    await shelf.source()

    async with shelf.controller():
        assert await shelf.unpacked(await shelf.see_ready(), tmp_path) == FILES


async def test_a_new_artifact_under_the_tag_is_seen_when_asked_for(shelf: Shelf, tmp_path: pathlib.Path) -> None:
    await shelf.registry.push("org/app", "latest", FILES)
    await shelf.source()
    async with shelf.controller():
        await shelf.see_ready()
        digest = await shelf.registry.push("org/app", "latest", {"c.yaml": "c: 1\n"})

        seen = await shelf.ask()

        assert seen["status"]["artifact"]["revision"] == f"latest@{digest}"
        assert await shelf.unpacked(seen, tmp_path) == {"c.yaml": "c: 1\n"}


async def test_a_first_look_takes_three_requests_and_two_writes_and_one_that_finds_nothing_new_one_of_each(
    shelf: Shelf,
) -> None:
    digest = await shelf.registry.push("org/app", "1.0.0", FILES)
    layer = (await _manifest(shelf, digest))["layers"][0]["digest"]
    since = len(shelf.registry.requests())
    await shelf.source(ref={"tag": "1.0.0"})
    async with shelf.controller():
        await shelf.see_ready()
        assert shelf.asked(since) == [
            "GET /v2/",
            "HEAD /v2/org/app/manifests/1.0.0",
            f"GET /v2/org/app/manifests/{digest}",
            f"GET /v2/org/app/blobs/{layer}",
        ]
        await shelf.see_writes("PATCH ocirepositories", "PATCH ocirepositories")  # the finalizer, the status
        since = len(shelf.registry.requests())
        shelf.writes.clear()

        await shelf.ask()

        assert shelf.asked(since) == ["HEAD /v2/org/app/manifests/1.0.0"]
        await shelf.see_writes("PATCH ocirepositories")
        assert len(await shelf.events(1)) == 1


async def test_at_the_interval_nothing_new_is_one_request_and_no_write(shelf: Shelf) -> None:
    await shelf.registry.push("org/app", "1.0.0", FILES)
    await shelf.source(ref={"tag": "1.0.0"}, interval="300ms")
    async with shelf.controller("--interval-jitter-percentage=0"):
        await shelf.see_ready()
        since = len(shelf.registry.requests())
        shelf.writes.clear()

        async def looks() -> list[str]:
            return shelf.asked(since)

        await polling.eventually(looks, lambda asked: len(asked) >= 2, what="two more looks")

    assert set(shelf.asked(since)) == {"HEAD /v2/org/app/manifests/1.0.0"}
    assert shelf.writes == []


async def test_a_digest_that_is_stored_needs_no_request(shelf: Shelf) -> None:
    digest = await shelf.registry.push("org/app", "1.0.0", FILES)
    await shelf.source(ref={"digest": digest, "tag": "none"})
    async with shelf.controller():
        seen = await shelf.see_ready()
        assert seen["status"]["artifact"]["revision"] == digest
        since = len(shelf.registry.requests())

        await shelf.ask()

        assert shelf.asked(since) == []


async def test_what_is_suspended_is_not_looked_at(shelf: Shelf) -> None:
    await shelf.registry.push("org/app", "latest", FILES)
    since = len(shelf.registry.requests())
    await shelf.source(suspend=True)
    async with shelf.controller():
        await shelf.see(lambda seen: bool(seen["metadata"].get("finalizers")))
        await shelf.ask()
        assert shelf.asked(since) == []

        await shelf.spec(suspend=False)

        await shelf.see_ready()


async def test_an_artifact_that_has_gone_is_made_again_without_waking_anyone(shelf: Shelf) -> None:
    await shelf.registry.push("org/app", "latest", FILES)
    await shelf.source()
    async with shelf.controller("--storage-adv-addr=source.example"):
        before = await shelf.see_ready()
        for file in shelf.storage.rglob("*.tar.gz"):
            file.unlink()

        after = await shelf.ask()

        assert after["status"]["artifact"] == before["status"]["artifact"]
        assert any(file.is_file() for file in shelf.storage.rglob("sha256:*.tar.gz"))


async def test_what_is_deleted_leaves_nothing_behind(shelf: Shelf) -> None:
    await shelf.registry.push("org/app", "latest", FILES)
    await shelf.source()
    async with shelf.controller():
        await shelf.see_ready()
        resource = await shelf.space.client.resource_for("source.toolkit.fluxcd.io/v1", "OCIRepository")
        await shelf.space.client.delete(resource, "src", shelf.space.name)
        await shelf.space.see_gone("source.toolkit.fluxcd.io/v1", "OCIRepository", "src")

    assert shelf.files() == []
    assert [path for path in shelf.storage.iterdir() if path.name.startswith(".oci-")] == []


async def _manifest(shelf: Shelf, digest: str) -> dict[str, list[dict[str, str]]]:
    accept = {"Accept": manifests.OCI_MANIFEST}
    answer = await shelf.registry.send("GET", f"org/app/manifests/{digest}", (200,), headers=accept)
    found: dict[str, list[dict[str, str]]] = await answer.json(content_type=None)
    return found
