"""Stores that lie, stall or never end are cut off; the last good artifact stays served."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import Room

from sluice.testing import webs
from sluice.testing.s3 import COMMAND, S3Server

pytestmark = pytest.mark.needs(COMMAND)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<ListBucketResult><Contents><Key>&b;</Key></Contents></ListBucketResult>"
)


def listed(*items: tuple[str, int], more: str = "") -> web.Response:
    contents = "".join(f"<Contents><Key>{key}</Key><ETag>e-{key}</ETag><Size>{n}</Size></Contents>" for key, n in items)
    return web.Response(text=f"<ListBucketResult>{contents}{more}</ListBucketResult>")


async def endless_list(request: web.Request) -> web.Response:
    token = request.query.get("continuation-token", "0")
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{int(token) + 1}</NextContinuationToken>"
    return listed(*((f"{token}-{number}", 1) for number in range(1000)), more=more)


async def circle(request: web.Request) -> web.Response:
    return listed(("a", 1), more="<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>")


async def bomb(request: web.Request) -> web.Response:
    return web.Response(text=BOMB)


async def redirect(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})


async def silence(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def drip(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.01)


async def endless_object(request: web.Request) -> web.StreamResponse:
    if "list-type" in request.query:
        return listed(("a", 1))
    answer = web.StreamResponse(headers={"ETag": "other"})
    await answer.prepare(request)
    while True:
        await answer.write(bytes(1 << 16))


async def huge_claim(request: web.Request) -> web.Response:
    return listed(("a", 1 << 50))


async def silent_object(request: web.Request) -> web.Response:
    return listed(("a", 1)) if "list-type" in request.query else await silence(request)


@pytest.fixture
async def hostile(room: Room, store: S3Server) -> AsyncIterator[BucketRoom]:
    made = BucketRoom(room, store)
    await store.make(made.name)
    yield made
    await made.remove()


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (endless_list, "listing objects from bucket 'NAME' failed: the bucket has more than 5000 objects"),
        (circle, "listing objects from bucket 'NAME' failed: the list of objects has no end"),
        (
            bomb,
            "failed to confirm existence of 'NAME' bucket: the answer is XML with a document type, which is not read",
        ),
        (redirect, "failed to confirm existence of 'NAME' bucket: 302 Found"),
        (silence, "failed to confirm existence of 'NAME' bucket: context deadline exceeded"),
        (drip, "failed to confirm existence of 'NAME' bucket: context deadline exceeded"),
        (endless_object, "fetch from bucket 'NAME' failed: failed to get 'a' object: the object is larger than "),
        (silent_object, "fetch from bucket 'NAME' failed: context deadline exceeded"),
        (huge_claim, f"the objects take {1 << 50} bytes, more than the 1000000 that they may"),
    ],
)
async def test_what_is_no_honest_store_is_cut_off_and_the_artifact_stays(
    hostile: BucketRoom, tmp_path: pathlib.Path, handler: Handler, text: str
) -> None:
    await hostile.put({"good": "1"})
    await hostile.apply(timeout="1s")
    application = web.Application()
    application.router.add_get("/{path:.*}", handler)
    limits = ("--bucket-max-objects=5000", "--bucket-max-size=1000000")
    async with webs.serving(application, handler_cancellation=True) as url, hostile.controller(*limits):
        before = await hostile.ready()
        await hostile.spec(endpoint=url.removeprefix("http://"))
        seen = await hostile.ready(status="False", reason="BucketOperationFailed")
        (told,) = (each["message"] for each in seen["status"]["conditions"] if each["type"] == "Ready")
        assert text.replace("NAME", hostile.name) in told
        assert seen["status"]["artifact"] == before["status"]["artifact"]
        assert await hostile.contents(seen, tmp_path) == {"good": "1"}
        # What was begun is not left behind.
        assert all(each.stat().st_size < 2_000_000 for each in hostile.objects.iterdir())
        await hostile.spec(endpoint=hostile.store.host)
        await hostile.ready()
    assert not [path for path in hostile.objects.iterdir() if path.name.startswith(".new-")]
