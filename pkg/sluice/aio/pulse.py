"""Whether the event loop is held up: the one thing that makes everything in a process late at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

LAG_LIMIT: Final = 0.05
"""Seconds the loop may be held up before it counts."""

_BEAT: Final = 0.05


async def watch_loop_lag(report: Callable[[float], None], *, limit: float = LAG_LIMIT) -> None:
    """Call `report` with the seconds by which the loop was late, whenever that is more than `limit`. Never returns.

    It beats twenty times a second; a hold-up is measured short by one beat at most. This looks at the real loop, so
    it takes no clock.
    """
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _BEAT
        await asyncio.sleep(_BEAT)
        lag = loop.time() - due
        if lag > limit:
            report(lag)
