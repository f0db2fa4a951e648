"""The proxy itself."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import web

from sluice.kube import configs, pools, watching
from sluice.testing import webs
from sluice.testing.faults import calls, kinds

_HOP: Final = frozenset({"host", "authorization", "connection", "content-length", "transfer-encoding"})
"""Headers that hold for one connection alone; whose credentials are sent on is the proxy's own affair."""
_EXPIRED: Final = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}


@dataclass(kw_only=True)
class Spoiling:
    """A fault, the requests it is for, and those it has struck."""

    fault: kinds.Fault
    when: Callable[[calls.Call], bool]
    times: int | None
    share: Callable[[], bool]
    struck: list[calls.Call] = field(default_factory=list)

    def strikes(self, call: calls.Call) -> bool:
        """Whether it is this request's turn."""
        if (self.times is not None and len(self.struck) >= self.times) or not self.when(call) or not self.share():
            return False
        self.struck.append(call)
        return True


@dataclass(eq=False)
class _Stream:
    """A watch that is being passed on."""

    answer: web.StreamResponse
    transport: asyncio.Transport
    muted: bool = False
    expiring: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Passes requests on to the API server of a kubeconfig, with that kubeconfig's credentials, except where spoilt."""

    def __init__(self, settings: configs.Settings) -> None:
        self.url = ""
        self.calls: list[calls.Call] = []
        """All requests so far."""
        self._settings = settings
        self._pool = pools.Pool(settings)
        self._spoilings: list[Spoiling] = []
        self._streams: set[_Stream] = set()

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig document that leads through the proxy."""
        return {
            "current-context": "spoilt",
            "contexts": [{"name": "spoilt", "context": {"cluster": "spoilt", "user": "spoilt"}}],
            "clusters": [{"name": "spoilt", "cluster": {"server": self.url}}],
            "users": [{"name": "spoilt", "user": {"token": "passed-on-by-the-proxy"}}],
        }

    def spoil(
        self,
        fault: kinds.Fault,
        when: Callable[[calls.Call], bool] = lambda call: True,
        *,
        times: int | None = None,
        share: float = 1.0,
        seed: int = 0,
    ) -> Spoiling:
        """Spoil those requests from now on: all, at most `times`, or that share of them, chosen by the seed."""
        chance = random.Random(seed)  # noqa: S311 - which requests are spoilt is no secret
        made = Spoiling(fault=fault, when=when, times=times, share=lambda: chance.random() < share)
        self._spoilings.append(made)
        return made

    def mend(self) -> None:
        """Spoil nothing any more."""
        self._spoilings.clear()

    def cut_watches(self) -> None:
        """Cut the connection of every watch that is open."""
        for stream in self._streams:
            stream.transport.abort()

    def mute_watches(self) -> None:
        """Let every watch that is open stay so, and never send another byte."""
        for stream in self._streams:
            stream.muted = True

    def expire_watches(self) -> None:
        """End every watch that is open with what the server says when its history does not go back so far."""
        for stream in self._streams:
            stream.expiring.set()

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._pool.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        call = calls.Call.of(request)
        self.calls.append(call)
        await request.read()
        spoiling = next((one for one in self._spoilings if one.strikes(call)), None)
        if spoiling is not None:
            return await spoiling.fault(request, self._forward)
        return await self._forward(request)

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        async with await self._asked(request) as answer:
            if answer.ok and "watch" in request.query:
                return await self._stream(request, answer)
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP}
            return web.Response(body=await answer.read(), status=answer.status, headers=kept)

    async def _asked(self, request: web.Request) -> aiohttp.ClientResponse:
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP}
        headers["Accept-Encoding"] = "identity"
        if token := await self._settings.configuration.get_api_key_with_prefix("BearerToken"):
            headers["Authorization"] = token.strip()
        url = self._settings.host + request.raw_path
        return await self._pool.session().request(
            request.method, url, data=await request.read() or None, headers=headers, timeout=aiohttp.ClientTimeout()
        )

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        passed = web.StreamResponse(headers={"Content-Type": "application/json"})
        await passed.prepare(request)
        assert request.transport is not None
        stream = _Stream(passed, request.transport)
        self._streams.add(stream)
        relay = asyncio.create_task(_relay(answer, stream), name="relay of a watch")
        expiry = asyncio.create_task(stream.expiring.wait(), name="expiry of a watch")
        try:
            await asyncio.wait((relay, expiry), return_when=asyncio.FIRST_COMPLETED)
            if stream.expiring.is_set():
                await passed.write(orjson.dumps({"type": "ERROR", "object": _EXPIRED}) + b"\n")
        finally:
            self._streams.discard(stream)
            relay.cancel()
            expiry.cancel()
            await asyncio.gather(relay, expiry, return_exceptions=True)
        return passed


async def _relay(answer: aiohttp.ClientResponse, stream: _Stream) -> None:
    with contextlib.suppress(ConnectionError):
        async for line in watching.lines(answer.content.iter_any()):
            if not stream.muted:
                await stream.answer.write(line + b"\n")


@contextlib.asynccontextmanager
async def proxy(kubeconfig: str | pathlib.Path) -> AsyncIterator[Proxy]:
    """A proxy before the API server that the kubeconfig leads to, on a free port of the loopback interface."""
    made = Proxy(await configs.load(kubeconfig))
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", made.handle)
    try:
        async with webs.serving(app, handler_cancellation=True) as made.url:
            yield made
    finally:
        await made.close()
