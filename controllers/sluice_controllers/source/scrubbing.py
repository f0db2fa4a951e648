"""Stored files are read again now and then: a disk that forgets touches no date."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

import structlog

from sluice import aio, artifact
from sluice_controllers.source import keeping

PERIOD: Final = 6 * 3600.0
"""Seconds between two readings."""
_SHARE: Final = 10
"""Reading takes one part in so many of the time that a reading lasts."""


class Scrubber:
    """Wakes the objects whose artifacts are damaged: their passes tell of it, and make them again."""

    def __init__(self, storage: artifact.Storage, clock: aio.Clock, notify: Callable[[Hashable], None]) -> None:
        self._storage = storage
        self._clock = clock
        self._notify = notify

    async def run(self) -> None:
        """Read all files, again and again."""
        while True:
            await self._clock.sleep(PERIOD)
            for path in self._storage.verified():
                await self._read(path)

    async def _read(self, path: str) -> None:
        started = self._clock.monotonic()
        if not await self._storage.is_sound(path):
            structlog.get_logger().warning("stored artifact is damaged", path=path)
            self._notify(keeping.damage_of(path))
        await self._clock.sleep((_SHARE - 1) * (self._clock.monotonic() - started))
