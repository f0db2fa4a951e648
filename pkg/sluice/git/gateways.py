"""The way from libgit2 to HTTP servers: a forwarder on loopback.

libgit2 knows no bearer tokens, no client certificates, no authorities of one repository alone, and its
blocking sockets cannot be interrupted. So a worker process talks plain HTTP to this gateway, which asks
`Upstream` with all of that. Logins never reach the worker; when the time is over the gateway hangs up and the
worker is free again. Each visit has an unguessable path of its own, for as long as it lasts.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

from sluice.git.errors import DeadlineError, GitError
from sluice.git.relaying import Budget, relay
from sluice.git.upstreams import INFO_REFS, UPLOAD_PACK, Upstream

_CHUNK = 1 << 16


class Visit:
    """One worker's permission to speak to one server."""

    def __init__(self, upstream: Upstream, limit: int, deadline: float) -> None:
        self.upstream = upstream
        self.deadline = deadline
        self.budget = Budget(limit, "the repository")
        self.failure: GitError | None = None
        """Why the server could not be asked: the worker sees only a broken connection."""


class Gateway:
    """The forwarder; an async context manager. It listens on loopback, on a port that the system chooses."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/{key}/info/refs", self._refs)
        app.router.add_post("/{key}/git-upload-pack", self._pack)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    @asynccontextmanager
    async def visit(self, upstream: Upstream, *, limit: int, seconds: float) -> AsyncIterator[tuple[str, Visit]]:
        """An address for libgit2 that leads to ``upstream``, for ``seconds`` and ``limit`` bytes of answers."""
        key = secrets.token_urlsafe(24)
        deadline = asyncio.get_running_loop().time() + seconds
        visit = self._visits[key] = Visit(upstream, limit, deadline)
        try:
            yield f"http://127.0.0.1:{self._port}/{key}", visit
        finally:
            del self._visits[key]

    async def _refs(self, request: web.Request) -> web.StreamResponse:
        return await self._forward(request, INFO_REFS, None)

    async def _pack(self, request: web.Request) -> web.StreamResponse:
        acknowledge_at_once(request)
        return await self._forward(request, UPLOAD_PACK, await request.read())

    async def _forward(self, request: web.Request, path: str, body: bytes | None) -> web.StreamResponse:
        visit = self._visits.get(request.match_info["key"])
        if visit is None:
            raise web.HTTPNotFound
        names = ("Content-Type", "Accept")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        try:
            async with (
                _within(visit.deadline),
                visit.upstream.request(request.method, path, headers=headers, data=body) as answer,
            ):
                response = web.StreamResponse(headers={"Content-Type": answer.headers.get("Content-Type", "")})
                await response.prepare(request)
                await relay(visit.budget, answer.content.iter_chunked(_CHUNK), response)
                return response
        except GitError as error:
            visit.failure = error
            if request.transport:
                request.transport.abort()
            raise web.HTTPBadGateway from None


@asynccontextmanager
async def _within(deadline: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError:
        raise DeadlineError from None


def acknowledge_at_once(request: web.Request) -> None:
    """Spare libgit2 40 ms: it sends header and body apart, and waits for the first to be acknowledged."""
    sock = request.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
