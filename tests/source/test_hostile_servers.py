"""Servers that lie, dawdle or never end: each is cut off and told, and what was stored stays served."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from tests.source.conftest import Object, Room, conditions

from sluice import aio
from sluice.git import packets
from sluice.testing import webs
from sluice.testing.git import GitServer

pytestmark = pytest.mark.needs("git-http-backend")

CHECKOUT = "failed to checkout and determine revision: "
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ADVERTISED = "application/x-git-upload-pack-advertisement"
OID = b"0123456789012345678901234567890123456789"


@asynccontextmanager
async def hostile(handler: Handler) -> AsyncIterator[str]:
    """The address of a repository of a server that answers every request so."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", handler)
    async with webs.serving(app, handler_cancellation=True) as address:
        yield f"{address}/app.git"


async def lured(room: Room, url: str, *flags: str, within: str = "20s") -> str:
    """What is told of a server, once an object with an artifact is led to it; the artifact is there as before."""
    await room.space.source(ref={"branch": "main"})
    async with room.controller(*flags):
        before = await room.space.see_ready("GitRepository", "src")
        room.space.repository.commit({"later": "1"})
        await room.spec(url=url, timeout=within)
        seen = await room.space.see_ready("GitRepository", "src", "False")
        await still_served(before, seen)
    found = conditions(seen)
    assert found["FetchFailed"][:2] == ("True", "GitOperationFailed")
    assert found["FetchFailed"][2].startswith(CHECKOUT)
    return found["FetchFailed"][2].removeprefix(CHECKOUT)


async def still_served(before: Object, seen: Object) -> None:
    assert seen["status"]["artifact"] == before["status"]["artifact"]
    async with aiohttp.ClientSession() as session, session.get(seen["status"]["artifact"]["url"]) as answer:
        assert answer.status == 200


def redirecting(target: str) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(target or str(request.url))

    return handle


def advertising(*lines: bytes, ended: bool = True) -> Handler:
    """A server of version 0, whose references these are."""
    first, *more = lines or (OID + b" refs/heads/main",)
    said = [b"# service=git-upload-pack", None, first + b"\0multi_ack", *more]
    body = b"".join(packets.FLUSH if line is None else packets.packet(line.decode()) for line in said)

    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body + (packets.FLUSH if ended else b"0040"), content_type=ADVERTISED)

    return handle


def trickling(piece: bytes, *, seconds: float) -> Handler:
    """A server that says the same again and again, without end."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": ADVERTISED})
        await response.prepare(request)
        while True:
            await response.write(piece)
            await asyncio.sleep(seconds)

    return handle


async def page(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>please log in</html>", content_type="text/html")


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (redirecting("file:///etc/passwd"), "redirects to what is not on an HTTP server"),
        (redirecting("ssh://git@127.0.0.1/x"), "redirects to what is not on an HTTP server"),
        (redirecting(""), "stopped after 10 redirects"),
        (page, "the answer is not Git's smart protocol"),
        (
            advertising(b"not-an-id refs/heads/main"),
            "the answer is not Git's smart protocol, or its objects have no SHA-1",
        ),
        (advertising(b"x"), "the answer is not Git's smart protocol, or its objects have no SHA-1"),
        (advertising(ended=False), "unexpected EOF"),
        (
            trickling(packets.packet(f"{OID.decode()} refs/heads/x" + "y" * 60000), seconds=0),
            "is larger than 134217728 bytes",
        ),
    ],
)
async def test_a_listing_that_is_none_is_told(room: Room, handler: Handler, told: str) -> None:
    async with hostile(handler) as url:
        assert told in await lured(room, url)


async def test_a_server_that_dawdles_costs_its_timeout(room: Room) -> None:
    async with hostile(trickling(b"0", seconds=0.05)) as url:
        assert await lured(room, url, within="1s") == f"unable to list remote for '{url}': context deadline exceeded"


async def test_a_login_does_not_follow_a_redirect(room: Room) -> None:
    await room.secret("login", username="me", password="hunter2")
    async with GitServer() as other:
        commit = other.repository("app").commit({"o": "1"})

        async def elsewhere(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{other.url('app')}/info/refs?{request.query_string}")

        async with hostile(elsewhere) as url:
            await room.space.source(url=url, secretRef={"name": "login"})
            async with room.controller():
                await room.see_revision(f"main@sha1:{commit}")
        assert {each.authorization for each in other.requests} == {""}


async def test_very_many_references_block_nobody(room: Room) -> None:
    lines = [b"%040x refs/tags/v1.0.%d" % (number, number) for number in range(250_000)]
    async with hostile(advertising(*lines)) as url:
        del lines
        text = await lured(room, url, within="60s")
        # One branch of them is wanted, and is not there.
        assert text == f"unable to clone '{url}': couldn't find remote ref \"refs/heads/main\""
        gaps: list[float] = []
        async with room.controller(), aio.TaskOwner() as tasks:
            tasks.spawn(tick(gaps), name="ticking")
            await room.ask()
            await room.spec(ref={"semver": "*"})
            seen = await room.see(lambda seen: "references" in conditions(seen)["Ready"][2])
        assert conditions(seen)["Ready"][2].endswith("the server lists more than 200000 references")
    # The API server and this one are in this process, too.
    assert max(gaps) < 2.0


async def tick(gaps: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(0.01)
        gaps.append(loop.time() - before)


def packing(room: Room, *pieces: bytes, endless: bool = False) -> Handler:
    """A server that lists what is there, and sends something else."""

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if b"command=fetch" not in body and b"want " not in body:
            return await forwarded(request, room.space.url + request.path_qs.removeprefix("/app.git"), body)
        response = web.StreamResponse(headers={"Content-Type": "application/x-git-upload-pack-result"})
        await response.prepare(request)
        await response.write(packets.packet("packfile") if b"command=fetch" in body else packets.packet("NAK"))
        while True:
            for piece in pieces:
                await response.write(b"%04x\x01" % (len(piece) + 5) + piece)
            if not endless:
                return response

    return handle


async def forwarded(request: web.Request, url: str, body: bytes) -> web.StreamResponse:
    sent = {name: request.headers[name] for name in ("Git-Protocol", "Content-Type") if name in request.headers}
    async with (
        aiohttp.ClientSession() as session,
        session.request(request.method, url, headers=sent, data=body or None) as answer,
    ):
        return web.Response(body=await answer.read(), content_type=answer.content_type)


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"PACK\0\0\0\x02\0\0\0\x01",),
        (b"PACK\0\0\0\x02\xff\xff\xff\xff" + b"x" * 1000,),
        (b"nonsense" * 100,),
        (b"PACK\0\0\0\x02\0\0\0\x01" + b"\x9f\xff\xff\xff\xff\xff\xff\x0f" + b"x" * 1000,),
    ],
)
async def test_a_pack_that_is_none_is_told(room: Room, pieces: tuple[bytes, ...]) -> None:
    async with hostile(packing(room, *pieces)) as url:
        assert (await lured(room, url)).startswith(f"unable to clone '{url}': ")


async def test_a_pack_without_end_is_cut_off_at_the_limit(room: Room) -> None:
    async with hostile(packing(room, b"PACK\0\0\0\x02\0\0\xff\xff", b"x" * 60000, endless=True)) as url:
        text = await lured(room, url, "--git-max-size=5000000")
    assert text.startswith(f"unable to clone '{url}': ")


async def test_a_blob_that_blows_up_is_cut_off(room: Room) -> None:
    room.server.repository("bomb").commit({"zeros": bytes(50 << 20)})
    text = await lured(room, room.server.url("bomb"), "--git-max-size=5000000")
    assert (
        text
        == f"unable to clone '{room.server.url('bomb')}': the files of the repository are larger than 5000000 bytes"
    )
