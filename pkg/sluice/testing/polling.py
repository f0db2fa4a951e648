"""Waiting for something to be seen, with a deadline and the last thing that was."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

TICK = 0.02
"""Seconds between two looks."""


async def eventually(
    look: Callable[[], Awaitable[T]],
    until: Callable[[T], bool] = bool,
    *,
    timeout: float = 30.0,  # noqa: ASYNC109 - it is the message of the error that this adds
    what: str = "",
) -> T:
    """Look until what is seen satisfies `until`, and return it.

    Raises:
        TimeoutError: after `timeout` seconds; the message has `what` was waited for and what was seen last.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while True:
        seen = await look()
        if until(seen):
            return seen
        if loop.time() > deadline:
            raise TimeoutError(f"{what or 'it'} did not happen within {timeout:g} s; last seen: {seen!r}")
        await asyncio.sleep(TICK)
