"""The ways in which an API server, or what is before it, fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

Forward = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Has the server do what the request asks, and passes its answer on."""
Fault = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]
"""Answers a request in place of the proxy."""


def refusal(code: int, reason: str, message: str = "the server has a bad day", *, retry_after: int = 0) -> Fault:
    """The server refuses, and does nothing."""
    status = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message}
    headers = {"Content-Type": "application/json", **({"Retry-After": str(retry_after)} if retry_after else {})}

    async def refuse(_: web.Request, __: Forward) -> web.StreamResponse:
        return web.Response(body=orjson.dumps(status), status=code, headers=headers)

    return refuse


async def page(_: web.Request, __: Forward) -> web.StreamResponse:
    """Something on the way answers in place of the server, in its own way."""
    return web.Response(text="<html>upstream connect error</html>", status=502, content_type="text/html")


async def reset(request: web.Request, _: Forward) -> web.StreamResponse:
    """The connection is cut before the server hears of the request."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The server does what it is asked to do, and the connection is cut in the middle of its answer."""
    answer = await forward(request)
    if isinstance(answer, web.Response):
        whole = bytes(answer.body) if isinstance(answer.body, bytes) else b""
        torn = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
        torn.content_length = len(whole) + 1
        await torn.prepare(request)
        await torn.write(whole[: len(whole) // 2])
    return await reset(request, forward)


async def hang(request: web.Request, _: Forward) -> web.StreamResponse:
    """No answer ever comes; the server does nothing."""
    await asyncio.Event().wait()
    raise AssertionError("ended with the connection")


async def hang_after(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The server does what it is asked to do, and no answer ever comes."""
    if "watch" not in request.query:
        await forward(request)
    return await hang(request, forward)


def slowly(seconds: float) -> Fault:
    """The answer comes late."""

    async def delay(request: web.Request, forward: Forward) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await forward(request)

    return delay
