"""What a request carries, sent only if that is still allowed at the moment when it goes out."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractStreamWriter


class Guarded(aiohttp.BytesPayload):
    """A body behind a guard: `check` raises if it may not be sent any more.

    Between the wish to write and the first byte lie turns of the event loop, at worst a new connection, and a process
    can be frozen in any of them; and aiohttp by itself repeats a DELETE or a PUT whose connection breaks. Body and
    headers go out together, right after the check, so nothing of a request that is refused reaches the server.
    """

    def __init__(self, body: bytes, check: Callable[[], None]) -> None:
        super().__init__(body)
        self._check = check

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Send it, if it may be sent."""
        self._check()
        await super().write_with_length(writer, content_length)
