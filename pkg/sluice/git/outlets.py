"""The way out for builds: a forwarder on loopback, to the HTTP servers that a kustomization names.

A build runs in a worker process, which speaks to this forwarder and to no other server. A visit is one build's
permission, for a time and a number of bytes, under an unguessable path: `/KEY/https/HOST/PATH` is asked of
`https://HOST/PATH`. What goes out is what the address itself says: no login, cookie or certificate of this process.
Addresses of this machine and of its platform are refused where the connection is made, whatever name or redirect led
there. With a proxy in the environment that is the proxy's to decide; addresses written as numbers are refused here.
"""

import asyncio
import secrets
import ssl
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from sluice.git import addresses, gateways, urls
from sluice.git.errors import GitError, RemoteError
from sluice.git.relaying import Budget, relay
from sluice.git.upstreams import translated
from sluice.web import explained, loopback, proxies

_CHUNK = 1 << 16
_ASKED = ("Accept", "Content-Type", "User-Agent")
_LOGIN, _CHALLENGE = "Authorization", "WWW-Authenticate"


class Visit:
    """One build's permission to ask servers."""

    def __init__(self, limit: int) -> None:
        self.budget = Budget(limit, "what the build fetches")
        self.failure = ""
        """Why the last request could not be answered: the worker sees only a broken connection."""
        self.requests: set[asyncio.Task[None]] = set()


class Outlet:
    """The forwarder; an async context manager. `loopback` lets it ask this machine's own servers, for tests."""

    def __init__(self, *, loopback: bool = False) -> None:
        self._loopback = loopback
        self._visits: dict[str, Visit] = {}
        self._stack = AsyncExitStack()
        self._port = 0

    async def __aenter__(self) -> Self:
        secure = await asyncio.to_thread(ssl.create_default_context)
        sockets = addresses.sockets(loopback=self._loopback)
        self._direct = await self._session(aiohttp.TCPConnector(ssl=secure, limit=0, socket_factory=sockets))
        self._proxied = await self._session(aiohttp.TCPConnector(ssl=secure, limit=0))
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get(f"/{{key}}/{urls.FAILURE}", self._tell)
        app.router.add_get("/{key}/{rest:.*}", self._serve)
        app.router.add_post("/{key}/{rest:.*}", self._serve)
        self._port = await self._stack.enter_async_context(loopback(app))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @contextmanager
    def visit(self, *, limit: int) -> Iterator[str]:
        """An address for `remotes.Loader`, good until the block ends and for `limit` bytes of answers."""
        key = secrets.token_urlsafe(24)
        visit = self._visits[key] = Visit(limit)
        try:
            yield f"http://127.0.0.1:{self._port}/{key}"
        finally:
            del self._visits[key]
            for request in visit.requests:
                request.cancel()

    async def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        made = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # would read the netrc file too, and send what it finds
        )
        return await self._stack.enter_async_context(made)

    def _visit(self, request: web.Request) -> Visit:
        visit = self._visits.get(request.match_info["key"])
        if visit is None:
            raise web.HTTPNotFound
        return visit

    async def _tell(self, request: web.Request) -> web.Response:
        return web.Response(text=self._visit(request).failure)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        visit = self._visit(request)
        visit.requests.add(request.task)
        visit.failure = ""
        try:
            return await self._forward(request, visit.budget)
        except GitError as error:
            visit.failure = str(error)
            if request.transport:
                request.transport.abort()
            raise web.HTTPBadGateway from None
        finally:
            visit.requests.discard(request.task)

    async def _forward(self, request: web.Request, budget: Budget) -> web.StreamResponse:
        target, trusted = _target(request)
        body = await request.read()
        gateways.acknowledge_at_once(request)
        names = (*_ASKED, _LOGIN) if trusted else _ASKED
        headers = {name: request.headers[name] for name in names if name in request.headers}
        session, proxy = self._way(target)
        try:
            async with session.request(
                request.method, target, headers=headers, data=body or None, allow_redirects=False, proxy=proxy
            ) as answer:
                response = web.StreamResponse(status=answer.status, headers=_headers(request, answer, trusted))
                await response.prepare(request)
                await relay(budget, answer.content.iter_chunked(_CHUNK), response)
                return response
        except (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError) as error:
            raise translated(explained(error, request.method, str(target))) from None

    def _way(self, target: URL) -> tuple[aiohttp.ClientSession, str | None]:
        """The session for an address, and the proxy that the environment names for it."""
        proxy = proxies.of_environment(str(target))
        if proxy is None:
            return self._direct, None
        if addresses.is_address(target.host or "") and addresses.is_forbidden(target.host or ""):
            raise RemoteError(f"{target.host}: {addresses.FORBIDDEN}")
        return self._proxied, proxy.url()


def _target(request: web.Request) -> tuple[URL, bool]:
    """What is asked for, and whether it is who was asked first: whoever that one redirects to gets no login."""
    parts = request.raw_path.split("/", 2)[2]
    trusted = not parts.startswith(urls.ELSEWHERE)
    scheme, _, rest = parts.removeprefix(urls.ELSEWHERE).partition("/")
    try:
        if scheme in ("http", "https"):
            return URL(f"{scheme}://{rest}", encoded=True), trusted
    except ValueError:
        pass
    raise web.HTTPNotFound


def _headers(request: web.Request, answer: aiohttp.ClientResponse, trusted: bool) -> dict[str, str]:
    found = {"Content-Type": answer.headers.get("Content-Type", "application/octet-stream")}
    if trusted and _CHALLENGE in answer.headers:
        found[_CHALLENGE] = answer.headers[_CHALLENGE]
    if answer.status in (301, 302, 303, 307, 308) and (location := answer.headers.get("Location")):
        found["Location"] = _redirected(request, answer.url, location, trusted)
    return found


def _redirected(request: web.Request, origin: URL, location: str, trusted: bool) -> str:
    """Where a server sends its visitor, as the worker is to ask for it here."""
    try:
        target = origin.join(URL(location, encoded=True))
        same = target.origin() == origin.origin()
    except ValueError:
        raise RemoteError(f'"{origin}" redirects to what is no address') from None
    if target.scheme not in ("http", "https"):
        raise RemoteError(f'"{origin}" redirects to what is not on an HTTP server')
    outlet = f"http://{request.host}/{request.match_info['key']}"
    return urls.forwarded(outlet, str(target.with_user(None)), elsewhere=not (same and trusted))
