"""What a registry that means harm costs: its own source's time, and never the artifact that is there."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web as server
from tests.oci import scripted
from tests.oci.scripted import Scripted
from tests.source.conftest import conditions
from tests.source.ocirepository.conftest import Shelf

from sluice.oci import manifests
from sluice.testing import registries as kit
from sluice.testing.registry_content import Blob, flux_layer

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)

LAYER = flux_layer({"cm.yaml": "a"})


@pytest.fixture
async def liar() -> AsyncIterator[Scripted]:
    async with scripted.serving() as running:
        yield running


def serve(registry: Scripted, layer: Blob) -> None:
    """One artifact under the tag `latest`."""
    raw = json.dumps({"mediaType": manifests.OCI_MANIFEST, "layers": [layer.descriptor()]}).encode()
    digest = manifests.digest_of(raw)
    answer = scripted.manifest(raw, **{"Docker-Content-Digest": digest})
    registry.answers["HEAD manifests/latest"] = registry.answers[f"GET manifests/{digest}"] = answer
    registry.answers[f"GET blobs/{layer.digest}"] = server.Response(body=layer.data)


async def forever(_: server.Request) -> server.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def drips(request: server.Request) -> server.StreamResponse:
    """A byte now and then."""
    response = server.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("what", "answer", "reason", "text"),
    [
        ("HEAD manifests/latest", forever, "OCIArtifactPullFailed", "context deadline exceeded"),
        (f"GET blobs/{LAYER.digest}", drips, "OCIArtifactLayerOperationFailed", "context deadline exceeded"),
        (
            f"GET blobs/{LAYER.digest}",
            server.Response(body=b"something else"),
            "OCIArtifactLayerOperationFailed",
            "error verifying sha256 checksum",
        ),
        (
            f"GET blobs/{LAYER.digest}",
            server.Response(status=307, headers={"Location": "http://169.254.169.254/latest"}),
            "OCIArtifactLayerOperationFailed",
            "redirects to an address of a private network",
        ),
        (
            "HEAD manifests/latest",
            scripted.manifest(b"", **{"Docker-Content-Digest": "sha256:" + "0" * 64}),
            "OCIArtifactPullFailed",
            "failed to pull artifact from",
        ),
    ],
    ids=["never answers", "drips", "another digest", "redirects inside", "a digest of nothing"],
)
async def test_the_last_good_artifact_stays(
    shelf: Shelf, liar: Scripted, what: str, answer: scripted.Answer | server.Response, reason: str, text: str
) -> None:
    serve(liar, Blob(media_type=manifests.FLUX_CONTENT, data=flux_layer({"cm.yaml": "good"}).data))
    await shelf.source(url=f"oci://{liar.host}/org/app", timeout="1s")
    async with shelf.controller():
        good = await shelf.see_ready()
        serve(liar, LAYER)
        liar.answers[what] = answer

        seen = await shelf.ask()

        found = conditions(seen)
        assert found["Ready"][:2] == ("False", reason)
        assert text in found["Ready"][2]
        assert seen["status"]["artifact"] == good["status"]["artifact"]
        assert (shelf.storage / good["status"]["artifact"]["path"]).is_file()
        assert list(shelf.storage.glob(".oci-*/*")) == []


async def test_pages_that_are_for_people_are_no_artifacts(shelf: Shelf, liar: Scripted) -> None:
    page = server.Response(body=b"<!doctype html><title>Welcome</title>", content_type="text/html")
    liar.answers["HEAD manifests/latest"] = liar.answers["GET manifests/latest"] = page
    await shelf.source(url=f"oci://{liar.host}/org/app")

    async with shelf.controller():
        found = await shelf.see_failing()

    address = f"http://{liar.host}/v2/org/app/manifests/latest"
    text = f"failed to determine artifact digest: GET {address}: no manifest: it is not JSON"
    assert found["Ready"] == ("False", "OCIArtifactPullFailed", text)


async def test_a_million_tags_are_cut_off(shelf: Shelf, liar: Scripted) -> None:
    link = {"Link": '</v2/org/app/tags/list?n=1000>; rel="next"'}
    tags = [f"1.0.{number}" for number in range(10_000)]
    liar.answers["GET tags/list?n=1000"] = server.json_response({"tags": tags}, headers=link)
    await shelf.source(url=f"oci://{liar.host}/org/app", ref={"semver": "*"})

    async with shelf.controller():
        found = await shelf.see_failing()

    url = f"oci://{liar.host}/org/app"
    text = f"failed to determine the artifact tag for '{url}': {liar.host}/org/app has more than 100000 tags"
    assert found["Ready"] == ("False", "ReadOperationFailed", text)


async def test_a_hundred_thousand_tags_hold_up_nobody(shelf: Shelf, liar: Scripted) -> None:
    """The newest of very many is found in a worker process: others are served meanwhile."""
    serve(liar, LAYER)
    tags = [f"1.{number // 100}.{number % 100}" for number in range(100_000)]
    liar.answers["GET tags/list?n=1000"] = server.json_response({"tags": tags})
    liar.answers["HEAD manifests/1.999.99"] = liar.answers["HEAD manifests/latest"]
    await shelf.source(url=f"oci://{liar.host}/org/app", ref={"semver": "1.x"})

    async with shelf.controller():
        longest = 0.0
        done = asyncio.ensure_future(shelf.see_ready())
        while not done.done():
            begun = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - begun)
            await asyncio.sleep(0.005)

    assert (await done)["status"]["artifact"]["revision"].startswith("1.999.99@")
    assert longest < 2.0
