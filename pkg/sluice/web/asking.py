"""The one client of the process for servers that users name."""

import asyncio
import hashlib
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import aiohttp
import yarl
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyTimeoutError, ProxyType
from aiohttp_socks import ProxyError as SocksError
from multidict import CIMultiDictProxy

from sluice.web import proxies
from sluice.web.causes import explained
from sluice.web.errors import StatusError, TooLargeError
from sluice.web.proxies import Proxy, shown
from sluice.web.tls import TLS

_AGENT: Final = "sluice"
_CHUNK: Final = 1 << 16
_SAID: Final = 4096
_KEPT: Final = 1000
"""TLS settings that are kept ready; making one reads the system's authorities."""
_SOCKS: Final = 20
"""SOCKS proxies whose connections are kept."""
_CONNECT_SECONDS: Final = 20.0
_FAILURES: Final = (
    aiohttp.ClientError,
    ssl.SSLError,
    OSError,
    TimeoutError,
    SocksError,
    ProxyConnectionError,
    ProxyTimeoutError,
)


@dataclass(frozen=True, kw_only=True)
class Access:
    """How to reach a server: what TLS believes, and the proxy on the way; the environment's where none is given."""

    tls: TLS | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that was read."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Saved:
    """An answer that was written to a file."""

    digest: str
    """The SHA-256 of what was written, in hex."""
    headers: CIMultiDictProxy[str]


class Web:
    """The client; an async context manager. Time limits are the callers' (`asyncio.timeout`)."""

    def __init__(self, sockets: Callable[[Any], socket.socket] | None = None) -> None:
        """`sockets` makes those that lead to servers themselves, and may refuse to: aiohttp's `socket_factory`."""
        self._sockets = sockets
        self._stack = AsyncExitStack()
        self._contexts: OrderedDict[TLS, ssl.SSLContext] = OrderedDict()
        self._socks: OrderedDict[Proxy, aiohttp.ClientSession] = OrderedDict()

    async def __aenter__(self) -> Self:
        # Where a proxy leads is the proxy's to decide, and where it is, is its owner's.
        self._proxied = await self._stack.enter_async_context(_session(aiohttp.TCPConnector(limit=0)))
        connector = aiohttp.TCPConnector(limit=0, socket_factory=self._sockets)
        self._direct = await self._stack.enter_async_context(_session(connector))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._socks.values():
            await session.close()
        await self._stack.aclose()

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        *,
        access: Access | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | AsyncIterator[bytes] | None = None,
        redirects: bool = True,
        verbatim: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask; the body of the block reads the answer, whatever its status. Raises the WebError tree.

        Headers named Authorization stay with the server that is asked, whomever that one redirects to. With `verbatim`
        the address, percent-encoded already, is sent as it is written, and the body is given as it was sent.
        """
        access = access or Access()
        session, proxy = await self._way(url, access)
        try:
            async with session.request(
                method,
                yarl.URL(url, encoded=True) if verbatim else url,
                headers={"User-Agent": _AGENT, **(headers or {})},
                data=data,
                ssl=await self._context(access.tls) if access.tls else True,
                proxy=proxy.address if proxy else None,
                proxy_headers=proxy.headers() if proxy else None,
                allow_redirects=redirects,
                auto_decompress=not verbatim,
            ) as response:
                yield response
        except _FAILURES as error:
            raise explained(error, method, url, access.proxy or proxies.of_environment(url)) from None

    async def read(
        self,
        url: str,
        *,
        limit: int,
        access: Access | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (200,),
    ) -> Answer:
        """The answer of at most `limit` bytes; raises StatusError unless its status is in `accept`."""
        async with self.request("GET", url, access=access, headers=headers) as response:
            await refuse(response, url, accept)
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                _bound(len(body), limit, url)
            return Answer(status=response.status, headers=response.headers, body=bytes(body))

    async def save(
        self,
        url: str,
        into: BinaryIO,
        *,
        limit: int,
        access: Access | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Saved:
        """Write the answer of at most `limit` bytes to a file; raises StatusError unless its status is 200."""
        digest, size = hashlib.sha256(), 0
        async with self.request("GET", url, access=access, headers=headers) as response:
            await refuse(response, url, (200,))
            async for chunk in response.content.iter_chunked(_CHUNK):
                size += len(chunk)
                _bound(size, limit, url)
                digest.update(chunk)
                into.write(chunk)
            return Saved(digest=digest.hexdigest(), headers=response.headers)

    async def _way(self, url: str, access: Access) -> tuple[aiohttp.ClientSession, Proxy | None]:
        proxy = access.proxy or proxies.of_environment(url)
        if proxy and proxy.socks:
            return await self._through_socks(proxy), None
        return self._proxied if proxy else self._direct, proxy

    async def _through_socks(self, proxy: Proxy) -> aiohttp.ClientSession:
        """A session of its own: how to connect is a connector's matter. Names are the proxy's to resolve."""
        found = self._socks.pop(proxy, None) or _session(_socks(proxy))
        self._socks[proxy] = found
        while len(self._socks) > _SOCKS:
            _, oldest = self._socks.popitem(last=False)
            await oldest.close()
        return found

    async def _context(self, tls: TLS) -> ssl.SSLContext:
        """The settings, the same for the same certificates: connections are shared by them. Raises TLSError."""
        found = self._contexts.pop(tls, None)
        if found is None:
            found = await asyncio.to_thread(tls.context)
        self._contexts[tls] = found
        while len(self._contexts) > _KEPT:
            self._contexts.popitem(last=False)
        return found


async def refuse(response: aiohttp.ClientResponse, url: str, accept: tuple[int, ...]) -> None:
    """Raise StatusError unless the status is one of these."""
    if response.status not in accept:
        said = await response.content.read(_SAID)
        text = f'failed to fetch "{shown(url)}": {response.status} {response.reason or ""}'.rstrip()
        raise StatusError(text, status=response.status, reason=response.reason or "", said=said)


def _bound(size: int, limit: int, url: str) -> None:
    if size > limit:
        raise TooLargeError(f'"{shown(url)}" is larger than {limit} bytes')


def _socks(proxy: Proxy) -> ProxyConnector:
    host, port = proxy.endpoint
    user, password = (proxy.username, proxy.password) if proxy.username else (None, None)
    return ProxyConnector(host, port, ProxyType.SOCKS5, user, password, rdns=True, limit=0)


def _session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,  # would read the netrc file too, and send what it finds
    )
