"""The way into a controller process: settings, logs, client, and one clear line when it cannot go on."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import structlog

from sluice import kube
from sluice.runtime import flags, logs
from sluice.runtime.errors import LeadershipLost, SettingsError
from sluice.runtime.manager import Manager
from sluice.runtime.settings import Settings

S = TypeVar("S", bound=Settings)

Serve = Callable[[Manager, S], Awaitable[None]]
"""`async serve(manager, settings)`: add to the manager what the controller consists of, then `await manager.run()`."""


def main(
    name: str,
    settings_type: type[S],
    serve: Serve[S],
    *,
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a controller process; the exit status: 0 after a graceful stop, 1 after a failure, 2 for wrong flags."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if set(arguments) & {"--help", "-h", "-help"}:
        sys.stdout.write(flags.usage(settings_type, f"sluice-{name}") + "\n")
        return 0
    try:
        settings = settings_type.parse(arguments, environment)
    except SettingsError as error:
        sys.stderr.write(f"sluice-{name}: {error}\n")
        return 2
    logs.configure(level=settings.log_level, encoding=settings.log_encoding)
    _calm_the_collector()
    return asyncio.run(_run(name, settings, serve))


def _calm_the_collector() -> None:
    """Keep the garbage collector's full passes from holding up the event loop.

    With some thousand cached objects a full pass takes 45 to 80 ms. What is imported by now lives for ever, so it is
    taken out of the collector's sight, and passes are made rarer: then they stay under 10 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _run(name: str, settings: S, serve: Serve[S]) -> int:
    log = structlog.get_logger().bind(controller=name)
    try:
        client = await kube.Client.connect(
            settings.kubeconfig or None,
            user_agent=f"sluice-{name}",
            qps=settings.kube_api_qps,
            burst=settings.kube_api_burst,
        )
        async with client:
            await serve(Manager(settings, client, name=name), settings)
    except (SettingsError, LeadershipLost, kube.KubeError) as error:
        log.error("controller stopped", error=str(error))
        return 1
    except Exception as error:
        log.error("controller crashed", error=str(error), exc_info=error)
        return 1
    return 0
