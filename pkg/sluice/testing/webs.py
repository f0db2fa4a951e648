"""Serving HTTP to what is tested, on a free port of the loopback interface."""

import contextlib
import ssl
from collections.abc import AsyncIterator

from aiohttp import web


@contextlib.asynccontextmanager
async def serving(
    app: web.Application, *, tls: ssl.SSLContext | None = None, handler_cancellation: bool = False
) -> AsyncIterator[str]:
    """Serve the application, over TLS if a context is given; its address, without a slash at the end.

    `handler_cancellation` ends the handler of a request whose client has gone.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=handler_cancellation)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
