"""The small HTTP servers every controller has: metrics, and health probes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from sluice.runtime.errors import SettingsError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(address: str, routes: dict[str, Handler]) -> AsyncIterator[str]:
    """Serve GET on those paths while the block runs; gives the address bound (port 0 is chosen by the system).

    `0` as address serves nothing.

    Raises:
        SettingsError: the address cannot be bound.
    """
    if address == "0":
        yield ""
        return
    host, port = split_address(address)
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SettingsError(f"cannot listen on {address}: {error.strerror or error}") from None
        yield _bound(runner)
    finally:
        await runner.cleanup()


def split_address(address: str) -> tuple[str | None, int]:
    """`:8080` -> (None, 8080), `127.0.0.1:0` -> ("127.0.0.1", 0), `[::1]:80` -> ("::1", 80). None: all interfaces."""
    host, _, port = address.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise SettingsError(f'invalid address "{address}": want host:port or :port')
    return host.strip("[]") or None, int(port)


def metrics_routes(render: Callable[[], bytes]) -> dict[str, Handler]:
    """`/metrics`."""

    async def metrics(_: web.Request) -> web.Response:
        # Thousands of series take a while to write out; the event loop has better things to do.
        body = await asyncio.to_thread(render)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return {"/metrics": metrics}


def health_routes(ready: Callable[[], str]) -> dict[str, Handler]:
    """`/healthz` answers while the event loop does; `/readyz` when `ready` names nothing that is still missing."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        missing = ready()
        return web.Response(text=f"not ready: {missing}", status=503) if missing else web.Response(text="ok")

    return {"/healthz": healthz, "/readyz": readyz}


def _bound(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
