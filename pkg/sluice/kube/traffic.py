"""The requests that are under way: never too many at once, and known when they are few."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final

MOST: Final = 24
"""Each is a connection: a TLS handshake, and a quarter of a MiB of buffers. A thousand objects applied at once must not
become a thousand of them; more at once than this makes no server answer faster."""
CALM: Final = 8


class Traffic:
    """A request is one `async with` of it."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(MOST)
        self._count = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def __aenter__(self) -> None:
        await self._room.acquire()
        self._count += 1
        if self._count >= CALM:
            self._calm.clear()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.release()
        self._count -= 1
        if self._count < CALM:
            self._calm.set()

    @property
    def is_calm(self) -> bool:
        """Whether fewer than `CALM` are under way."""
        return self._calm.is_set()

    async def calm(self) -> None:
        """Return when fewer than `CALM` are under way."""
        await self._calm.wait()
