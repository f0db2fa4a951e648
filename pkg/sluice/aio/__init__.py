"""Event-loop primitives any project could use: clocks, owned tasks, worker processes, the loop's pulse.

Nothing here knows Kubernetes. Time is injected: code that waits takes a `Clock`, so tests run on virtual time.
"""

from sluice.aio.clocks import Clock, SystemClock, VirtualClock, within
from sluice.aio.tasks import TaskOwner

__all__ = ["Clock", "SystemClock", "TaskOwner", "VirtualClock", "within"]
