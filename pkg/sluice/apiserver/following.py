"""What the controllers inside the server have in common: they follow every change of the store, in order."""

import asyncio
import sys
from collections.abc import Callable

from sluice.apiserver import entries, store
from sluice.apiserver.cluster import Cluster

_AT_ONCE = 100


async def follow(cluster: Cluster, take: Callable[[entries.Event], None], settle: Callable[[], None]) -> None:
    """Call `take` for each change from now on and `settle` after each batch; ends when the store closes.

    Requests are served between batches, however much there is to follow.
    """
    watch = cluster.store.watch(store.EVERYTHING, limit=sys.maxsize)
    try:
        settle()
        while batch := await watch.next_batch():
            for start in range(0, len(batch), _AT_ONCE):
                for event in batch[start : start + _AT_ONCE]:
                    take(event)
                settle()
                await asyncio.sleep(0)
    finally:
        watch.close()
