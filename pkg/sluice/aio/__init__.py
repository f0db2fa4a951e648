"""Event-loop primitives any project could use: clocks, owned tasks, worker processes, the loop's pulse.

Nothing here knows Kubernetes. Time is injected: code that waits takes a `Clock`, so tests run on virtual time.
"""

from sluice.aio.clocks import Clock, SystemClock, VirtualClock, within
from sluice.aio.pulse import LAG_LIMIT, watch_loop_lag
from sluice.aio.tasks import TaskOwner
from sluice.aio.worker import RemoteError
from sluice.aio.workers import WorkerCrashed, WorkerError, WorkerOutOfMemory, WorkerPool, WorkerTimeout

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
