"""Who is next where many tenants want the same process: the one that has used least of it lately."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sluice import aio

_SHARE: Final = 0.25
"""Of its time, what a tenant may use for good; more is held against it until that much time has passed."""
_HEAVY_SECONDS: Final = 2.0
"""Beyond its share, from here on a tenant is a heavy one."""


class Busy(Exception):
    """The tenant has used more than its share, and one like it is in line already: come back later."""


class Turns:
    """Lets in one caller at a time.

    The line is as long as there are callers that wait, which is for them to bound; of heavy tenants, all of them
    together, there is at most one in it, so that they do not occupy those who wait for them.
    """

    def __init__(self, clock: aio.Clock) -> None:
        self._clock = clock
        self._taken: str | None = None
        self._line: dict[str, deque[asyncio.Future[None]]] = {}
        self._used: dict[str, tuple[float, float]] = {}
        """By tenant, the seconds beyond its share, and when that was reckoned."""

    @asynccontextmanager
    async def turn(self, tenant: str) -> AsyncIterator[None]:
        """Have the process to oneself; what that takes is the tenant's.

        Raises:
            Busy: it is not let in now.
        """
        if self._is_heavy(tenant) and any(map(self._is_heavy, (self._taken, *self._line))):
            raise Busy
        await self._wait(tenant)
        began = self._clock.monotonic()
        try:
            yield
        finally:
            self.charge(tenant, self._clock.monotonic() - began)
            self._next()

    def charge(self, tenant: str, seconds: float) -> None:
        """Hold these seconds against a tenant."""
        self._used = {one: (left, self._clock.monotonic()) for one in self._used if (left := self._excess(one)) > 0}
        self._used[tenant] = (self._excess(tenant) + seconds, self._clock.monotonic())

    async def _wait(self, tenant: str) -> None:
        if self._taken is None:
            self._taken = tenant
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.setdefault(tenant, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        self._taken = None
        self._send_away()
        for tenant in sorted(self._line, key=self._excess):
            waiting = self._line[tenant]
            while waiting and self._taken is None:
                first = waiting.popleft()
                if not first.done():
                    self._taken = tenant
                    first.set_result(None)
            if not waiting:
                del self._line[tenant]
            if self._taken is not None:
                return

    def _send_away(self) -> None:
        """Leave one of the heavy tenants' callers in line."""
        places = 1
        for tenant in [one for one in self._line if self._is_heavy(one)]:
            waiting = self._line[tenant]
            while len(waiting) > places:
                last = waiting.pop()
                if not last.done():
                    last.set_exception(Busy())
            if not waiting:
                del self._line[tenant]
            places = 0

    def _is_heavy(self, tenant: str | None) -> bool:
        return tenant is not None and self._excess(tenant) > _HEAVY_SECONDS

    def _excess(self, tenant: str) -> float:
        seconds, since = self._used.get(tenant, (0.0, 0.0))
        return max(0.0, seconds - _SHARE * (self._clock.monotonic() - since))
