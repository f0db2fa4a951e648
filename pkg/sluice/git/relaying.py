"""From a server's answer to a worker's connection, byte for byte, as long as there may be more of them."""

from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from sluice.git.errors import TooLargeError


class Budget:
    """How many bytes of answers there may be; `what` they make up is named when there are more."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit = self._left = limit
        self._what = what

    def take(self, size: int) -> None:
        """Count bytes; TooLargeError when they are too many."""
        self._left -= size
        if self._left < 0:
            raise TooLargeError(f"{self._what} is larger than {self._limit} bytes")


async def relay(budget: Budget, chunks: AsyncIterator[bytes], response: web.StreamResponse) -> None:
    """Write the chunks as they come; TooLargeError."""
    async for chunk in chunks:
        budget.take(len(chunk))
        # The worker may hang up once it has what it needs.
        with suppress(ConnectionResetError):
            await response.write(chunk)
    with suppress(ConnectionResetError):
        await response.write_eof()
