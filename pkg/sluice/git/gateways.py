"""The way from libgit2 to HTTP servers: a forwarder on loopback.

libgit2 knows no bearer tokens, no client certificates, no authorities of one repository alone, and its
blocking sockets cannot be interrupted. So a worker process talks plain HTTP to this gateway, which asks
`Upstream` with all of that. Logins never reach the worker; when the time is over the gateway hangs up and the
worker is free again. Each visit has an unguessable path of its own, for as long as it lasts.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import ClientResponse, web

from sluice.git import translating
from sluice.git.errors import DeadlineError, GitError
from sluice.git.references import PEELED
from sluice.git.relaying import Budget, relay
from sluice.git.upstreams import INFO_REFS, UPLOAD_PACK, Upstream
from sluice.web import loopback

_CHUNK = 1 << 16
_RESULT = "application/x-git-upload-pack-result"


class Visit:
    """One worker's permission to speak to one server."""

    def __init__(self, upstream: Upstream, refs: Mapping[str, str], limit: int, deadline: float) -> None:
        self.upstream = upstream
        self.refs = refs
        """What was listed already, and is all that the worker needs; empty: the server is asked."""
        self.deadline = deadline
        self.budget = Budget(limit, "the repository")
        self.wanted = translating.Wanted()
        """What the last request asked for."""
        self.failure: GitError | None = None
        """Why the server could not be asked: the worker sees only a broken connection."""

    @property
    def commits(self) -> list[str]:
        """The commits that the known references lead to: where their history ends, when it is not fetched."""
        return [self.refs.get(name + PEELED, oid) for name, oid in self.refs.items() if not name.endswith(PEELED)]


class Gateway:
    """The forwarder; an async context manager. It listens on loopback, on a port that the system chooses."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._port = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/{key}/info/refs", self._refs)
        app.router.add_post("/{key}/git-upload-pack", self._pack)
        self._port = await self._stack.enter_async_context(loopback(app))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def visit(
        self, upstream: Upstream, *, refs: Mapping[str, str] | None = None, limit: int, seconds: float
    ) -> AsyncIterator[tuple[str, Visit]]:
        """An address for libgit2 that leads to ``upstream``, for ``seconds`` and ``limit`` bytes of answers.

        ``refs``: those of the server's references that will be fetched, where they are known. The server is not asked
        for them again then, if it is one that can do without.
        """
        key = secrets.token_urlsafe(24)
        deadline = asyncio.get_running_loop().time() + seconds
        visit = self._visits[key] = Visit(upstream, (refs or {}) if upstream.fetches_shallow else {}, limit, deadline)
        try:
            yield f"http://127.0.0.1:{self._port}/{key}", visit
        finally:
            del self._visits[key]

    async def _refs(self, request: web.Request) -> web.StreamResponse:
        visit = self._visit(request)
        if visit.refs:
            body = translating.advertisement(visit.refs)
            return web.Response(body=body, content_type="application/x-git-upload-pack-advertisement")
        return await self._forward(request, visit, INFO_REFS, None)

    async def _pack(self, request: web.Request) -> web.StreamResponse:
        acknowledge_at_once(request)
        visit, body = self._visit(request), await request.read()
        if not visit.refs:
            return await self._forward(request, visit, UPLOAD_PACK, body)
        wanted = visit.wanted = translating.Wanted.read(body).after(visit.wanted)
        if not wanted.done:
            return web.Response(body=wanted.negotiation(visit.commits), content_type=_RESULT)
        return await self._relay(request, visit, visit.upstream.command(wanted.in_version_2()), translating.pack)

    async def _forward(self, request: web.Request, visit: Visit, path: str, body: bytes | None) -> web.StreamResponse:
        names = ("Content-Type", "Accept")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        asked = visit.upstream.request(request.method, path, headers=headers, data=body)
        return await self._relay(request, visit, asked, lambda chunks: chunks)

    def _visit(self, request: web.Request) -> Visit:
        visit = self._visits.get(request.match_info["key"])
        if visit is None:
            raise web.HTTPNotFound
        return visit

    async def _relay(
        self,
        request: web.Request,
        visit: Visit,
        asked: AbstractAsyncContextManager[ClientResponse],
        read: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]],
    ) -> web.StreamResponse:
        """Hand the server's answer to the worker, as `read` gives it."""
        try:
            async with _within(visit.deadline), asked as answer:
                response = web.StreamResponse(headers={"Content-Type": answer.headers.get("Content-Type", "")})
                await response.prepare(request)
                await relay(visit.budget, read(answer.content.iter_chunked(_CHUNK)), response)
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
