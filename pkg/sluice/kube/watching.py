"""Watch streams: JSON lines in chunks, from one resourceVersion on, resumed when the server ends them.

The server closes every watch after a while, by design. That is no event for the reader: the watch goes on from
the last resourceVersion seen, bookmarks included. What does end it is an ERROR event (most often 410 Gone: list
again) and a server that cannot be reached: both are raised.

A connection may be dead on the far side of a proxy that keeps our side open. A server sends a bookmark a minute, so
a watch that is quiet for longer is asked for again.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import aiohttp
import orjson

from sluice import aio
from sluice.kube import errors, objects, transport

# A watch that ends sooner and empty is a fault, not the server's rotation; resuming it at once would be a busy loop.
_SHORT_SECONDS = 1.0
# The server rotates watches by the client's wish; spread out so that a fleet does not come back at one moment.
_MIN_SECONDS, _MAX_SECONDS = 300, 600
_GRACE_SECONDS = 30
_QUIET_SECONDS = 150


async def watch(
    http: transport.Transport, call: transport.Call, *, resource_version: str, clock: aio.Clock
) -> AsyncGenerator[objects.WatchEvent, None]:
    """Every event after `resource_version`, in order, none twice."""
    while True:
        started, seen = clock.monotonic(), 0
        try:
            async with aclosing(_stream(http, _positioned(call, resource_version))) as events:
                async for event in events:
                    seen += 1
                    resource_version = _advanced(resource_version, objects.resource_version(event.object))
                    yield event
        except _Quiet:
            continue
        except _Cut as error:
            if not seen:
                raise errors.Unreachable(str(error)) from None
        if not seen and clock.monotonic() - started < _SHORT_SECONDS:
            raise errors.Unreachable(f"{http.settings.host}: the watch of {call.path} was closed at once")


def _advanced(position: str, seen: str) -> str:
    if seen.isdecimal() and position.isdecimal() and int(seen) < int(position):
        # The cluster's state was restored from a backup, or lost. The server would stay silent until its versions have
        # caught up with ours, and whatever happens meanwhile would be missed.
        raise errors.Gone(410, "Expired", f"the server's history went back from version {position} to {seen}")
    return seen or position


def _positioned(call: transport.Call, resource_version: str) -> transport.Call:
    seconds = random.randint(_MIN_SECONDS, _MAX_SECONDS)  # noqa: S311 - spreading load, no secret
    query = {**(call.query or {}), "resourceVersion": resource_version, "timeoutSeconds": str(seconds)}
    return replace(call, query=query)


async def _stream(http: transport.Transport, call: transport.Call) -> AsyncGenerator[objects.WatchEvent, None]:
    seconds = int((call.query or {})["timeoutSeconds"]) + _GRACE_SECONDS
    patience = aiohttp.ClientTimeout(total=seconds, sock_connect=10, sock_read=_QUIET_SECONDS)
    async with (
        http.stream(call, patience=patience) as response,
        aclosing(lines(response.content.iter_any())) as complete,
    ):
        async for line in complete:
            yield _event(line)


class _Cut(Exception):
    """The stream broke off; what came before it counts."""


class _Quiet(_Cut):
    """Nothing came for so long that nobody may be there any more."""


async def lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Complete lines of any length. What follows the last newline is half an event and is dropped with the cut."""
    rest = bytearray()
    try:
        async for chunk in chunks:
            start = len(rest)
            rest += chunk
            if rest.find(b"\n", start) < 0:
                continue
            *complete, tail = bytes(rest).split(b"\n")
            rest = bytearray(tail)
            for line in complete:
                if line:
                    yield line
    except TimeoutError:
        raise _Quiet from None
    except (aiohttp.ClientError, OSError) as error:
        raise _Cut(str(error) or type(error).__name__) from None


def _event(line: bytes) -> objects.WatchEvent:
    try:
        decoded = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise errors.Unreachable("the watch sent something that is not JSON") from None
    if decoded["type"] == "ERROR":
        raise errors.from_status(decoded["object"])
    return objects.WatchEvent(decoded["type"], decoded["object"])
