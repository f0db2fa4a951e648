"""Registries that lie, are slow, never end or send elsewhere cost their own answer, and learn nothing."""

import asyncio
import io
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web as server
from tests.oci import scripted
from tests.oci.scripted import Scripted

from sluice import oci, web
from sluice.oci import manifests

LOGIN = oci.Login(username="u", password="s3cret")
BASIC = web.basic("u", "s3cret")
BLOB = b"a layer"
LAYER = oci.Descriptor(media_type=manifests.FLUX_CONTENT, digest=manifests.digest_of(BLOB), size=len(BLOB))
OTHER = "sha256:" + "0" * 64


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with scripted.serving() as running:
        yield running


@pytest.fixture
async def elsewhere() -> AsyncIterator[Scripted]:
    async with scripted.serving() as running:
        yield running


def wants_login(registry: Scripted) -> None:
    challenge = {"WWW-Authenticate": 'Basic realm="x"'}
    registry.answers["GET /v2/"] = server.Response(status=401, headers=challenge)


def redirect(to: str) -> server.Response:
    return server.Response(status=307, headers={"Location": to})


async def test_whom_a_blob_is_redirected_to_is_shown_no_login(
    registries: oci.Registries, registry: Scripted, elsewhere: Scripted
) -> None:
    wants_login(registry)
    registry.answers[f"GET blobs/{LAYER.digest}"] = redirect(f"http://{elsewhere.host}/signed?by=%2Fthem")
    elsewhere.answers["GET /signed?by=%2Fthem"] = server.Response(body=BLOB)

    assert await registry.remote(registries, LOGIN).blob(LAYER, limit=100) == BLOB

    assert registry.seen[-1] == (f"GET blobs/{LAYER.digest}", BASIC)
    assert elsewhere.seen == [("GET /signed?by=%2Fthem", "")]


async def test_whom_a_blob_is_redirected_to_gets_no_login_by_asking_for_one(
    registries: oci.Registries, registry: Scripted, elsewhere: Scripted
) -> None:
    wants_login(registry)
    registry.answers[f"GET blobs/{LAYER.digest}"] = redirect(f"http://{elsewhere.host}/x")
    challenge = {"WWW-Authenticate": f'Bearer realm="http://{elsewhere.host}/token"'}
    elsewhere.answers["GET /x"] = server.Response(status=401, headers=challenge)

    with pytest.raises(oci.UnauthorizedError):
        await registry.remote(registries, LOGIN).blob(LAYER, limit=100)

    assert elsewhere.seen == [("GET /x", "")]


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("file:///etc/passwd", "redirects to what is not on an HTTP server"),
        ("http://169.254.169.254/latest/meta-data", "redirects to an address of a private network"),
        ("http://10.0.0.1/x", "redirects to an address of a private network"),
        ("http://[::1]/x", "redirects to an address of a private network"),
        ("/v2/org/app/blobs/again", "stopped after 10 redirects"),
    ],
)
async def test_redirects_lead_to_servers_that_anybody_may_ask(
    registries: oci.Registries, registry: Scripted, to: str, text: str
) -> None:
    registry.answers[f"GET blobs/{LAYER.digest}"] = redirect(to)
    registry.answers["GET blobs/again"] = redirect(to)

    with pytest.raises(oci.RegistryError, match=text):
        await registry.remote(registries, LOGIN).blob(LAYER, limit=100)


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="file:///etc/passwd"',
        'Bearer realm="http://169.254.169.254/token"',
        'Bearer realm="http://10.1.2.3/token",service="x"',
        'Bearer service="x"',
        'Bearer realm="http://["',
    ],
)
async def test_no_login_is_shown_to_an_authority_that_nobody_should_ask(
    registries: oci.Registries, registry: Scripted, challenge: str
) -> None:
    registry.answers["GET /v2/"] = server.Response(status=401, headers={"WWW-Authenticate": challenge})

    with pytest.raises(oci.RegistryError, match="www-authenticate"):
        await registry.remote(registries, LOGIN).resolve("latest")


async def test_a_login_that_the_registry_repeats_is_not_told(registries: oci.Registries, registry: Scripted) -> None:
    wants_login(registry)
    said = {"errors": [{"code": "DENIED", "message": "s3cret is wrong", "detail": {"sent": BASIC}}]}
    registry.answers["GET manifests/latest"] = server.json_response(said, status=403)

    with pytest.raises(oci.UnauthorizedError) as caught:
        await registry.remote(registries, LOGIN).resolve("latest")

    assert "DENIED: *** is wrong; map[sent:Basic ***]" in str(caught.value)


async def test_a_blob_with_another_digest_is_not_believed(registries: oci.Registries, registry: Scripted) -> None:
    registry.answers[f"GET blobs/{LAYER.digest}"] = server.Response(body=BLOB[::-1])

    with pytest.raises(oci.ContentError, match="error verifying sha256 checksum after reading 7 bytes"):
        await registry.remote(registries).save(LAYER, io.BytesIO(), limit=100)


async def test_a_shorter_blob_is_not_believed(registries: oci.Registries, registry: Scripted) -> None:
    registry.answers[f"GET blobs/{LAYER.digest}"] = server.Response(body=BLOB)
    longer = oci.Descriptor(media_type="x", digest=LAYER.digest, size=LAYER.size + 1)

    with pytest.raises(oci.ContentError):
        await registry.remote(registries).blob(longer, limit=100)


async def test_a_manifest_with_another_digest_is_not_believed(registries: oci.Registries, registry: Scripted) -> None:
    registry.answers[f"GET manifests/{OTHER}"] = scripted.manifest(b"{}")

    with pytest.raises(oci.ContentError, match="does not match requested digest"):
        await registry.remote(registries).manifest(OTHER)


async def test_an_endless_body_is_cut_off(registries: oci.Registries, registry: Scripted) -> None:
    async def endless(request: server.Request) -> server.StreamResponse:
        response = server.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(1 << 16))

    registry.answers[f"GET blobs/{LAYER.digest}"] = endless
    registry.answers["GET manifests/latest"] = endless
    registry.answers["GET tags/list?n=1000"] = endless
    remote = registry.remote(registries)

    async with asyncio.timeout(20):
        with pytest.raises(oci.TooLargeError):
            await remote.blob(LAYER, limit=100)
        with pytest.raises(oci.TooLargeError):
            await remote.manifest("latest")
        with pytest.raises(oci.TooLargeError):
            await remote.tags()


async def test_a_slow_registry_has_the_time_of_its_caller(registries: oci.Registries, registry: Scripted) -> None:
    async def slow(_: server.Request) -> server.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    registry.answers["HEAD manifests/latest"] = slow

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await registry.remote(registries).resolve("latest")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"<!doctype html><h1>welcome</h1>", "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (json.dumps({"schemaVersion": 1}).encode(), "its schemaVersion is not 2"),
        (json.dumps({"layers": [], "manifests": []}).encode(), "it is both a manifest and an index"),
        (json.dumps({"layers": [{"digest": "md5:x"}]}).encode(), "found non-hex character"),
        (json.dumps({"layers": [{"digest": OTHER, "size": -1}]}).encode(), "size is not a number of bytes"),
        (json.dumps({"layers": {}, "annotations": {"a": 1}}).encode(), "annotations is not an object of strings"),
        (json.dumps({"layers": [{"digest": OTHER}] * 10_001}).encode(), "layers is not a list of at most 10000"),
    ],
)
async def test_what_is_no_manifest_is_told_as_such(
    registries: oci.Registries, registry: Scripted, raw: bytes, text: str
) -> None:
    registry.answers["GET manifests/latest"] = scripted.manifest(raw)

    with pytest.raises(oci.ContentError, match=text):
        await registry.remote(registries).resolve("latest")


async def test_a_registry_without_digests_in_its_headers_is_asked_for_the_manifest(
    registries: oci.Registries, registry: Scripted
) -> None:
    raw = json.dumps({"layers": []}).encode()
    registry.answers["HEAD manifests/latest"] = scripted.manifest(raw)
    registry.answers["GET manifests/latest"] = scripted.manifest(raw, **{"Docker-Content-Digest": OTHER})

    assert await registry.remote(registries).resolve("latest") == manifests.digest_of(raw)


async def test_pages_of_tags_are_followed(registries: oci.Registries, registry: Scripted) -> None:
    link = {"Link": '</v2/org/app/tags/list?n=1000&last=b%2Fc>; rel="next"'}
    registry.answers["GET tags/list?n=1000"] = server.json_response({"tags": ["a", "b"]}, headers=link)
    registry.answers["GET tags/list?n=1000&last=b%2Fc"] = server.json_response({"tags": ["c"]})

    assert await registry.remote(registries).tags() == ["a", "b", "c"]


@pytest.mark.parametrize("tags", [[], ["a"] * 1000])
async def test_a_list_of_tags_without_end_is_cut_off(
    registries: oci.Registries, registry: Scripted, tags: list[str]
) -> None:
    link = {"Link": '</v2/org/app/tags/list?n=1000>; rel="next"'}
    registry.answers["GET tags/list?n=1000"] = server.json_response({"tags": tags}, headers=link)

    with pytest.raises(oci.TooLargeError, match=r"more than 100000 tags|more than 1000 pages"):
        await registry.remote(registries).tags()


async def test_the_next_page_is_on_the_same_server(
    registries: oci.Registries, registry: Scripted, elsewhere: Scripted
) -> None:
    link = {"Link": f'<http://{elsewhere.host}/v2/org/app/tags/list>; rel="next"'}
    registry.answers["GET tags/list?n=1000"] = server.json_response({"tags": ["a"]}, headers=link)

    with pytest.raises(oci.RegistryError, match="the next page is on another server"):
        await registry.remote(registries).tags()
    assert elsewhere.seen == []


async def test_an_index_that_lists_an_index_ends_there(registries: oci.Registries, registry: Scripted) -> None:
    inner = json.dumps({"mediaType": manifests.OCI_INDEX, "manifests": []}).encode()
    listed = [{"mediaType": manifests.OCI_INDEX, "digest": manifests.digest_of(inner), "size": len(inner)}]
    outer = json.dumps({"mediaType": manifests.OCI_INDEX, "manifests": listed}).encode()
    for raw in (inner, outer):
        registry.answers[f"GET manifests/{manifests.digest_of(raw)}"] = scripted.manifest(raw)

    with pytest.raises(oci.ContentError, match="lists an index"):
        await registry.remote(registries).image(manifests.digest_of(outer))


async def test_referrers_are_asked_for_as_the_specification_has_it(
    registries: oci.Registries, registry: Scripted
) -> None:
    listed = [{"mediaType": "x", "digest": OTHER, "size": 1, "artifactType": "wanted"}]
    body = json.dumps({"mediaType": manifests.OCI_INDEX, "manifests": listed}).encode()
    answer = server.Response(body=body, headers={"Content-Type": manifests.OCI_INDEX})
    registry.answers[f"GET referrers/{LAYER.digest}"] = answer

    found = await registry.remote(registries).referrers(LAYER.digest, artifact_type="wanted")

    assert [each.digest for each in found] == [OTHER]
    assert await registry.remote(registries).referrers(LAYER.digest, artifact_type="another") == ()


async def test_pages_of_referrers_are_followed_and_end_somewhere(
    registries: oci.Registries, registry: Scripted
) -> None:
    body = json.dumps({"manifests": [{"digest": OTHER, "size": 1}]}).encode()
    first, again = f"referrers/{LAYER.digest}", f"referrers/{LAYER.digest}?n=1"
    more = {"Content-Type": manifests.OCI_INDEX, "Link": f'</v2/org/app/{again}>; rel="next"'}
    registry.answers[f"GET {first}"] = server.Response(body=body, headers=more)
    registry.answers[f"GET {again}"] = server.Response(body=body, headers={"Content-Type": manifests.OCI_INDEX})

    assert len(await registry.remote(registries).referrers(LAYER.digest)) == 2
    registry.answers[f"GET {again}"] = server.Response(body=body, headers=more)
    with pytest.raises(oci.TooLargeError, match="more than 20 pages"):
        await registry.remote(registries).referrers(LAYER.digest)
