"""A watch: a bounded queue of events between the store, which never waits, and a reader who may."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Protocol

from sluice.apiserver.storage import entries

Accept = Callable[[entries.Event], entries.Event | None]


class Source(Protocol):
    """What a watch leaves when it closes."""

    def forget(self, watch: "Watch") -> None:
        """Send this watch nothing more."""


class Watch:
    """Events as they happen, in order, through `accept` (which may drop an event or turn it into another).

    The reader calls `next_batch` or iterates. A reader that falls `limit` events behind is dropped: it
    gets what is queued, then `ended` is true. It starts over from the last revision it saw, as clients
    of a real server do.
    """

    def __init__(
        self,
        source: Source,
        *,
        resource: str,
        namespace: str,
        since: int = 0,
        accept: Accept | None = None,
        limit: int = 10_000,
    ) -> None:
        self.resource = resource
        self.namespace = namespace
        self.ended = False
        self._source = source
        self._since = since
        self._accept = accept
        self._limit = limit
        self._queue: deque[entries.Event] = deque()
        self._wake = asyncio.Event()

    def offer(self, event: entries.Event) -> None:
        """Queue the event if this watch accepts it; never waits, and ends a watch whose queue is full."""
        accepted = self._take(event)
        if accepted is None:
            return
        if len(self._queue) >= self._limit:
            self.close()
            return
        self._queue.append(accepted)
        self._wake.set()

    def replay(self, events: Iterable[entries.Event]) -> None:
        """Queue what happened before the watch began; history is bounded, so the limit does not apply."""
        for event in events:
            accepted = self._take(event)
            if accepted is not None:
                self._queue.append(accepted)
        if self._queue:
            self._wake.set()

    def _take(self, event: entries.Event) -> entries.Event | None:
        # A client may ask for events after a revision still to come; a real server lets it wait for that one.
        if event.revision <= self._since:
            return None
        return self._accept(event) if self._accept else event

    async def next_batch(self, timeout: float | None = None) -> list[entries.Event]:  # noqa: ASYNC109
        """Everything queued, at least one event; empty when the time is over or the watch has ended."""
        if not self._queue and not self.ended:
            try:
                async with asyncio.timeout(timeout):
                    await self._wake.wait()
            except TimeoutError:
                return []
        batch = list(self._queue)
        self._queue.clear()
        if not self.ended:
            self._wake.clear()
        return batch

    async def __aiter__(self) -> AsyncIterator[entries.Event]:
        while batch := await self.next_batch():
            for event in batch:
                yield event

    def close(self) -> None:
        """Take no more events and let the reader run out."""
        if not self.ended:
            self.ended = True
            self._source.forget(self)
            self._wake.set()
