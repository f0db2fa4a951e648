"""A way to a server that speaks something else than HTTP: a port of this machine behind which a proxy leads to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from python_socks import ProxyError as SocksError
from python_socks import ProxyType
from python_socks.async_.asyncio.v2 import Proxy as Dialer

from sluice import aio
from sluice.web import causes
from sluice.web.errors import ProxyError
from sluice.web.proxies import Proxy

_CONNECT_SECONDS: Final = 20.0
_CHUNK: Final = 1 << 16

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Tunnel:
    """Leads who connects to its port to one server, by way of a proxy, which resolves the server's name."""

    def __init__(self, proxy: Proxy, host: str, port: int, tasks: aio.TaskOwner) -> None:
        self._proxy = proxy
        self._host = host
        self._server_port = port
        self._tasks = tasks
        self.port = 0
        """Where it listens, on 127.0.0.1."""
        self.failure: ProxyError | None = None
        """Why the server could not be reached: who has connected here sees only that nobody is there any more."""

    async def listen(self) -> asyncio.Server:
        """Begin to listen."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.spawn(self._lead((reader, writer)), name=f"tunnel to {self._host}")

    async def _lead(self, here: Streams) -> None:
        try:
            there = await self._connected()
        except ProxyError as error:
            self.failure = error
            here[1].transport.abort()
            return
        pumps = [asyncio.create_task(_pump(here[0], there[1])), asyncio.create_task(_pump(there[0], here[1]))]
        try:
            # Neither side has anything to say to one that has left.
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            here[1].close()
            there[1].close()

    async def _connected(self) -> Streams:
        proxy = self._proxy
        host, port = proxy.endpoint
        secure = await asyncio.to_thread(ssl.create_default_context) if proxy.secure else None
        kind = ProxyType.SOCKS5 if proxy.socks else ProxyType.HTTP
        user, password = (proxy.username, proxy.password) if proxy.username else (None, None)
        try:
            dialer = Dialer(kind, host, port, user, password, rdns=True, proxy_ssl=secure)
            stream = await dialer.connect(self._host, self._server_port, timeout=_CONNECT_SECONDS)
        except (SocksError, OSError, TimeoutError, ValueError) as error:
            raise ProxyError(causes.proxying(error, proxy, f"{self._host}:{self._server_port}")) from None
        return stream.reader, stream.writer


@asynccontextmanager
async def tunnel(proxy: Proxy, host: str, port: int) -> AsyncIterator[Tunnel]:
    """A tunnel to the server, as long as the block lasts."""
    async with aio.TaskOwner() as tasks:
        opened = Tunnel(proxy, host, port, tasks)
        server = await opened.listen()
        try:
            yield opened
        finally:
            server.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    # Either side may hang up when it likes.
    with suppress(ConnectionError, ssl.SSLError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
