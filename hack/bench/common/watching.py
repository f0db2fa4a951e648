"""Seeing the moment when something is as wanted, by watch: looking again and again would cost what is measured."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from sluice import kube

PATIENCE = 1800.0
"""Seconds until what does not come is given up."""

Wanted = Callable[[kube.Object], bool]


class Sight:
    """The objects of one kind in one namespace, as one watch shows them."""

    def __init__(self, informer: kube.Informer) -> None:
        self._informer = informer

    async def time(
        self, names: Collection[str], wanted: Wanted, act: Callable[[], Awaitable[object]] | None = None
    ) -> float:
        """Seconds from now, when the act begins, until all of these objects were seen as wanted.

        Raises:
            TimeoutError: that did not happen.
        """
        missing = set(names)
        complete: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def look(event: kube.Event) -> None:
            name = event.object["metadata"]["name"]
            if name in missing and event.kind != "DELETED" and wanted(event.object):
                missing.discard(name)
            if not missing and not complete.done():
                complete.set_result(time.perf_counter())

        self._informer.add_handler(look)
        try:
            started = time.perf_counter()
            if act is not None:
                await act()
            return await asyncio.wait_for(complete, PATIENCE) - started
        finally:
            self._informer.remove_handler(look)


@contextlib.asynccontextmanager
async def following(client: kube.Client, api_version: str, kind: str, namespace: str) -> AsyncIterator[Sight]:
    """Watch a kind in a namespace while the block runs."""
    informer = kube.Informer(client, await client.resource_for(api_version, kind), namespace=namespace)
    running = asyncio.create_task(informer.run(), name=informer.name)
    try:
        await informer.wait_synced()
        yield Sight(informer)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
