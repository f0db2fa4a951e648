"""The source-controller process: settings in, controllers and artifact server wired, run until told to stop."""

import socket
import sys
from collections.abc import AsyncIterator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager

from sluice import aio, auth, oci, runtime, web
from sluice.runtime import processes
from sluice.runtime.manager import Manager
from sluice_api.source.v1 import ExternalArtifact
from sluice_controllers.source import keeping, scrubbing, serving, sweeping
from sluice_controllers.source.artifactgenerator import wiring as artifactgenerator
from sluice_controllers.source.bucket import wiring as bucket
from sluice_controllers.source.gitrepository import wiring as gitrepository
from sluice_controllers.source.helmchart import wiring as helmchart
from sluice_controllers.source.helmrepository import wiring as helmrepository
from sluice_controllers.source.informers import Informers
from sluice_controllers.source.ocirepository import wiring as ocirepository
from sluice_controllers.source.parts import Parts
from sluice_controllers.source.secrets import Secrets
from sluice_controllers.source.settings import EXTERNAL, SourceSettings
from sluice_controllers.source.verification import signatures

_KINDS = (gitrepository.add, ocirepository.add, helmrepository.add, helmchart.add, bucket.add)
PRELOAD = (
    "sluice.git.callbacks",  # and with it libgit2
    gitrepository.PRELOAD,
    ocirepository.PRELOAD,
    helmrepository.PRELOAD,
    helmchart.PRELOAD,
    bucket.PRELOAD,
    artifactgenerator.PRELOAD,
)
_GENERATORS = (artifactgenerator.add,)
"""Where the gate is open."""


def main() -> None:
    """Run the process."""
    sys.exit(processes.main("source-controller", SourceSettings, serve))


async def serve(manager: Manager, settings: SourceSettings) -> None:
    """Run source-controller until it is told to stop."""
    listening = serving.bind(settings.storage_addr)
    try:
        async with (
            aio.WorkerPool(
                settings.git_workers, kept=1, preload=PRELOAD, memory_bytes=settings.git_memory_mib << 20
            ) as workers,
            wired(manager, settings, workers, listening),
        ):
            manager.metrics.watch_pool("git", workers)
            await manager.run()
    finally:
        listening.close()


@asynccontextmanager
async def wired(
    manager: Manager, settings: SourceSettings, workers: aio.WorkerPool, listening: socket.socket
) -> AsyncIterator[None]:
    """Add to the manager what source-controller consists of."""
    controllers: list[runtime.Controller] = []  # type: ignore[type-arg]  # of every kind

    def notify(token: Hashable) -> None:
        for each in controllers:
            each.notify(token)

    storage = serving.open_storage(
        settings, manager.client, port=listening.getsockname()[1], kept=lambda path: notify(keeping.arrival_of(path))
    )
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(aio.TaskOwner())
        asker = await stack.enter_async_context(web.Web())
        secrets = Secrets(manager.client)
        parts = Parts(
            manager=manager,
            settings=settings,
            informers=Informers(manager),
            storage=storage,
            workers=workers,
            web=asker,
            registries=oci.Registries(asker),
            secrets=secrets,
            signatures=signatures.connect(secrets, workers, manager.clock, settings.sigstore),
            identities=auth.connect(
                manager.client,
                tasks=tasks,
                clock=manager.clock,
                changed=notify,
                enabled=settings.enabled(auth.GATE),
                manager="source-controller",
                namespace=settings.watch_namespace,
                size=settings.token_cache_max_size,
                longest=settings.token_cache_max_duration,
                observer=manager.metrics.tokens,
                asker=asker,
            ),
        )
        generates = settings.enabled(EXTERNAL)
        controllers += [await add(parts, stack) for add in (*_KINDS, *(_GENERATORS if generates else ()))]
        # Only the leader has artifacts, so only the leader serves: its readiness is this server's.
        manager.service("artifact server", serving.server(storage, listening), leader_only=True)
        owned = [sweeping.Owned(resource=each.kind.resource, informer=each.informer) for each in controllers]
        if generates:
            made = parts.informers.all_of(ExternalArtifact)
            owned.append(sweeping.Owned(resource=made.resource, informer=made))
        manager.service("artifact sweeper", sweeping.Sweeper(storage, manager.client, owned).run, leader_only=True)
        manager.service("artifact scrubber", scrubbing.Scrubber(storage, manager.clock, notify).run, leader_only=True)
        yield


if __name__ == "__main__":
    main()
