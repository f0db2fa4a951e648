"""The source-controller process: settings in, controllers and artifact server wired, run until told to stop."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from sluice import aio, artifact, kube, runtime
from sluice.git import trees
from sluice.runtime import processes, servers
from sluice.runtime.manager import Manager
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source.fetching import Fetcher, Limits
from sluice_controllers.source.gitrepository import KIND, GitRepositoryReconciler
from sluice_controllers.source.settings import SourceSettings
from sluice_controllers.source.steps import include

_PRELOAD = ("sluice_controllers.source.building",)


def main() -> None:
    """Run the process."""
    sys.exit(processes.main("source-controller", SourceSettings, serve))


async def serve(manager: Manager, settings: SourceSettings) -> None:
    """Add to the manager what source-controller consists of, and run it."""
    listening = bind(settings.storage_addr)
    try:
        storage = open_storage(settings, port=listening.getsockname()[1])
        async with (
            aio.WorkerPool(
                settings.git_workers, preload=_PRELOAD, memory_bytes=settings.git_memory_mib << 20
            ) as workers,
            Fetcher(settings.mirrors, workers, limits=limits(settings)) as fetcher,
        ):
            manager.metrics.watch_pool("git", workers)
            wire(manager, storage, fetcher, listening)
            await manager.run()
    finally:
        listening.close()


def wire(
    manager: Manager, storage: artifact.Storage, fetcher: Fetcher, listening: socket.socket
) -> runtime.Controller[GitRepository]:
    """Add the controller and its artifact server to the manager."""
    labels = manager.settings.watch_label_selector
    own = manager.informer(KIND.resource, labels=labels, transform=kube.without_managed_fields)
    requeue = manager.settings.requeue_dependency
    controller = manager.controller(
        GitRepositoryReconciler(manager.client, storage, fetcher, own.store, requeue=requeue), own
    )
    controller.notify_on(own, include.tokens_of)
    # Only the leader has artifacts, so only the leader serves: its readiness is this server's.
    manager.service("artifact server", _server(storage, listening), leader_only=True)
    return controller


def limits(settings: SourceSettings) -> Limits:
    """The bounds that the settings ask for."""
    return Limits(transfer=settings.git_max_size, tree=trees.Limits(size=settings.git_max_size))


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


def open_storage(settings: SourceSettings, *, port: int) -> artifact.Storage:
    """The storage that the settings ask for, served on ``port``; raises SettingsError when it cannot be used."""
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
    )


def _server(storage: artifact.Storage, listening: socket.socket) -> Callable[[], Awaitable[None]]:
    async def serve_artifacts() -> None:
        runner = web.AppRunner(artifact.application(storage), access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    return serve_artifacts


if __name__ == "__main__":
    main()
