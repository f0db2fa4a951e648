"""Event-loop primitives any project could use: clocks, owned tasks, worker processes, the loop's pulse.

Nothing here knows Kubernetes. Time is injected: code that waits takes a `Clock`, so tests run on virtual time.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.aio.worker import RemoteError

if TYPE_CHECKING:
    from sluice.aio.clocks import Clock, SystemClock, VirtualClock, within
    from sluice.aio.pulse import LAG_LIMIT, watch_loop_lag
    from sluice.aio.spawning import WorkerCrashed, WorkerError, WorkerOutOfMemory, WorkerTimeout
    from sluice.aio.tasks import TaskOwner
    from sluice.aio.workers import WorkerPool
else:
    # A worker process is synchronous: it needs its own side of the pool and none of asyncio.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "Clock": "clocks",
            "LAG_LIMIT": "pulse",
            "SystemClock": "clocks",
            "TaskOwner": "tasks",
            "VirtualClock": "clocks",
            "WorkerCrashed": "spawning",
            "WorkerError": "spawning",
            "WorkerOutOfMemory": "spawning",
            "WorkerPool": "workers",
            "WorkerTimeout": "spawning",
            "watch_loop_lag": "pulse",
            "within": "clocks",
        },
    )

__all__ = [
    "LAG_LIMIT",
    "Clock",
    "RemoteError",
    "SystemClock",
    "TaskOwner",
    "VirtualClock",
    "WorkerCrashed",
    "WorkerError",
    "WorkerOutOfMemory",
    "WorkerPool",
    "WorkerTimeout",
    "watch_loop_lag",
    "within",
]
