"""What the controllers inside the server have in common: they follow every change of the store, in order."""

import asyncio
import sys
import traceback
from collections.abc import Callable

import structlog

from sluice.apiserver.cluster import Cluster
from sluice.apiserver.storage import entries, store

_AT_ONCE = 100
_log = structlog.get_logger()


async def follow(cluster: Cluster, take: Callable[[entries.Event], None], settle: Callable[[], None]) -> None:
    """Call `take` for each change from now on and `settle` after each batch; ends when the store closes.

    Requests are served between batches, however much there is to follow. A failure is logged and costs what was left
    of its batch; the next change of the same objects makes up for it.
    """
    watch = cluster.store.watch(store.EVERYTHING, limit=sys.maxsize)
    try:
        settle()
        while batch := await watch.next_batch():
            for start in range(0, len(batch), _AT_ONCE):
                _digest(batch[start : start + _AT_ONCE], take, settle)
                await asyncio.sleep(0)
    finally:
        watch.close()


def _digest(batch: list[entries.Event], take: Callable[[entries.Event], None], settle: Callable[[], None]) -> None:
    try:
        for event in batch:
            take(event)
        settle()
    except Exception as error:  # noqa: BLE001 (one object nobody thought of must not end the whole control plane)
        # Without the error's text, which may quote the object: it may be a Secret.
        trace = "".join(traceback.format_tb(error.__traceback__))
        _log.error("controller failed", controller=settle.__qualname__, error=type(error).__name__, trace=trace)
