"""The artifact server of the process: its port, its storage, and when it answers."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from sluice import artifact, kube, runtime
from sluice.kube import transport
from sluice.runtime import servers
from sluice_controllers.source.settings import SourceSettings


def bind(address: str) -> socket.socket:
    """Take the port now, so that a wrong address ends the process at once; nobody is answered yet."""
    host, port = servers.split_address(address)
    version_6 = ":" in (host or "") or (host is None and socket.has_dualstack_ipv6())
    family = socket.AF_INET6 if version_6 else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host or "", port))
    except OSError as error:
        bound.close()
        raise runtime.SettingsError(f"cannot listen on {address}: {error.strerror or error}") from None
    return bound


def open_storage(
    settings: SourceSettings, client: kube.Client, *, port: int, kept: Callable[[str], None]
) -> artifact.Storage:
    """The storage that the settings ask for, served on ``port``; raises SettingsError when it cannot be used.

    It changes nothing once the client may not write any more, as another replica may lead then.
    """
    change = transport.Call(method="PUT", path="/", resource="artifacts")
    root = Path(settings.storage_path)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise runtime.SettingsError(f"cannot use storage path {root}: {error.strerror or error}") from None
    return artifact.Storage(
        root,
        advertised=settings.advertised(port),
        algorithm=settings.artifact_digest_algo,
        retention=artifact.Retention(ttl=settings.artifact_retention_ttl, records=settings.artifact_retention_records),
        permit=lambda: client.may_write(change),
        kept=kept,
    )


def server(storage: artifact.Storage, listening: socket.socket) -> Callable[[], Awaitable[None]]:
    """The service that answers on the port until it is cancelled."""

    async def serve_artifacts() -> None:
        runner = web.AppRunner(artifact.application(storage), access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    return serve_artifacts
