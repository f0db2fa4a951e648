"""The work queue of one controller.

- One entry per request: adding it again merges priority (the more urgent) and causes (all are kept).
- Never two workers on one request: what is added while it is processed comes back when the worker is done.
- Free workers take the most urgent priority first, within it the oldest.
- Delayed adds: at most one per request, the earliest wins. Handing out a request drops its delay: the pass that begins
  decides anew when to come back.
- Failures are delayed by an exponential backoff per request until `forget`.

All methods but `get` and `run` are synchronous: call them from the event loop's thread only.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from typing import Protocol

from sluice import aio
from sluice.runtime.backoff import Backoff
from sluice.runtime.requests import Cause, Priority, Request


class QueueClosed(Exception):
    """The queue is shut down; a worker that gets this is done."""


class QueueObserver(Protocol):
    """Who counts what the queue does."""

    def added(self) -> None:
        """A request was added that was not queued."""

    def retried(self) -> None:
        """A request was added after a failure."""

    def taken(self, waited: float) -> None:
        """A worker took a request that had been ready that long."""

    def finished(self, worked: float) -> None:
        """A worker is done with a request."""


class _Unobserved:
    def added(self) -> None: ...
    def retried(self) -> None: ...
    def taken(self, waited: float) -> None: ...
    def finished(self, worked: float) -> None: ...


@dataclass(frozen=True)
class Work:
    """A request handed to a worker, with everything that was merged into it."""

    request: Request
    priority: Priority
    causes: frozenset[Cause]
    caused: float = field(default=0.0, compare=False)
    """When (monotonic) the last of the causes came."""


@dataclass
class _Entry:
    priority: Priority
    since: float
    caused: float
    causes: set[Cause] = field(default_factory=set)


class WorkQueue:
    """See the module's description. `run` must be running for delayed adds to come due."""

    def __init__(self, *, clock: aio.Clock, backoff: Backoff, observer: QueueObserver | None = None) -> None:
        self._clock = clock
        self._backoff = backoff
        self._observer = observer or _Unobserved()
        self._queued: dict[Request, _Entry] = {}
        self._working: dict[Request, float] = {}
        self._ready: list[tuple[Priority, int, Request]] = []
        self._delayed: dict[Request, tuple[float, Cause, Priority]] = {}
        self._timers: list[tuple[float, int, Request]] = []
        self._order = itertools.count()
        self._available = asyncio.Semaphore(0)  # counts entries that are ready and not being worked on
        self._rescheduled = asyncio.Event()
        self._closed = False

    def add(self, request: Request, *, cause: Cause, priority: Priority = Priority.ROUTINE) -> None:
        """Make the request ready now, or right after the worker that has it is done."""
        if self._closed:
            return
        entry, now = self._queued.get(request), self._clock.monotonic()
        if entry is None:
            entry = self._queued[request] = _Entry(priority, now, now, {cause})
            self._observer.added()
            if request not in self._working:
                self._make_ready(request, entry)
            return
        entry.causes.add(cause)
        entry.caused = now
        if priority < entry.priority:
            entry.priority = priority
            if request not in self._working:
                self._push(request, entry)  # the older, less urgent place in the heap is skipped when it comes up

    def add_after(
        self, request: Request, seconds: float, *, cause: Cause, priority: Priority = Priority.ROUTINE
    ) -> None:
        """Add the request after that delay, unless something adds it earlier."""
        if self._closed:
            return
        if seconds <= 0:
            self.add(request, cause=cause, priority=priority)
            return
        due = self._clock.monotonic() + seconds
        if request in self._delayed and self._delayed[request][0] <= due:
            return
        self._delayed[request] = (due, cause, priority)
        heapq.heappush(self._timers, (due, next(self._order), request))
        if self._timers[0][2] == request:
            self._rescheduled.set()

    def add_failed(self, request: Request) -> float:
        """Add the request after its backoff; the seconds that takes."""
        delay = self._backoff.next(request)
        self._observer.retried()
        self.add_after(request, delay, cause=Cause.RETRY)
        return delay

    def forget(self, request: Request) -> None:
        """Reset the request's backoff."""
        self._backoff.forget(request)

    async def get(self) -> Work:
        """The next request to work on; call `done` with it afterwards, whatever happened.

        Raises:
            QueueClosed: the queue is shut down, whether or not requests are left.
        """
        await self._available.acquire()
        if self._closed:
            self._available.release()
            raise QueueClosed
        request, entry = self._pop()
        self._delayed.pop(request, None)
        now = self._clock.monotonic()
        self._working[request] = now
        self._observer.taken(now - entry.since)
        return Work(request, entry.priority, frozenset(entry.causes), entry.caused)

    def done(self, request: Request) -> None:
        """The worker is finished with the request; if it was added meanwhile it becomes ready now."""
        since = self._working.pop(request)
        self._observer.finished(self._clock.monotonic() - since)
        entry = self._queued.get(request)
        if entry is not None:
            self._make_ready(request, entry)

    def shut_down(self) -> None:
        """Hand out nothing more and accept nothing more; workers in `get` leave with QueueClosed."""
        self._closed = True
        self._available.release()

    async def run(self) -> None:
        """Turn delayed adds into adds when they come due. Never returns."""
        while True:
            self._rescheduled.clear()
            wait = self._release_due()
            try:
                if wait is None:
                    await self._rescheduled.wait()
                else:
                    await aio.within(self._clock, wait, self._rescheduled.wait())
            except TimeoutError:
                continue

    def __len__(self) -> int:
        """How many requests are waiting for a worker (not those being worked on, nor delayed ones)."""
        return len(self._queued)

    def working_since(self) -> list[float]:
        """When (monotonic) each request now being worked on was taken."""
        return list(self._working.values())

    def _make_ready(self, request: Request, entry: _Entry) -> None:
        self._push(request, entry)
        self._available.release()

    def _push(self, request: Request, entry: _Entry) -> None:
        heapq.heappush(self._ready, (entry.priority, next(self._order), request))

    def _pop(self) -> tuple[Request, _Entry]:
        while True:
            priority, _, request = heapq.heappop(self._ready)
            entry = self._queued.get(request)
            if entry is not None and entry.priority == priority and request not in self._working:
                del self._queued[request]
                return request, entry

    def _release_due(self) -> float | None:
        """Add what is due; the seconds until the next delayed add, None if there is none."""
        now = self._clock.monotonic()
        while self._timers:
            due, _, request = self._timers[0]
            current = self._delayed.get(request)
            if current is None or current[0] != due:
                heapq.heappop(self._timers)  # superseded by an earlier add
            elif due > now:
                return due - now
            else:
                heapq.heappop(self._timers)
                del self._delayed[request]
                self.add(request, cause=current[1], priority=current[2])
        return None
