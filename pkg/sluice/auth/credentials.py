"""What is lent for a time, and who keeps it until then."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar

from sluice import aio
from sluice.auth.errors import AuthError

_SHARE: Final = 0.8
"""Of its life, after which a credential is replaced; the kubelet does so too."""


class Expiring(Protocol):
    """What ends by itself."""

    @property
    def expires(self) -> datetime:
        """When it does, in UTC."""


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A token, or the keys of a session. Its repr shows neither."""

    values: Mapping[str, str] = field(repr=False)
    expires: datetime

    @classmethod
    def bearer(cls, token: str, expires: datetime) -> Credential:
        """A token alone."""
        return cls(values={"token": token}, expires=expires)

    @property
    def token(self) -> str:
        """The token, of what is one."""
        return self.values["token"]


T = TypeVar("T", bound=Expiring)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    value: Expiring = field(repr=False)
    until: float
    wall: float


class CacheObserver(Protocol):
    """Who counts what a cache does."""

    def asked(self, succeeded: bool) -> None:
        """Something was asked for, and was had or not."""

    def evicted(self) -> None:
        """Something had to make room."""

    def kept(self, count: int) -> None:
        """So many are kept now."""


class Cache:
    """Keeps what was lent for four fifths of its life, and asks once for many who want the same.

    Keys must tell apart whatever may not be shared: whose it is above all.
    """

    def __init__(self, clock: aio.Clock, *, size: int, longest: float, observer: CacheObserver | None = None) -> None:
        """Up to `size` of them (0 keeps none), each for `longest` seconds at most."""
        self._observer = observer
        self._clock = clock
        self._size = size
        self._longest = longest
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._flights: dict[Hashable, asyncio.Future[Expiring]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What is kept, or else made. A failure is kept for nobody but those who wait for it.

        Raises:
            AuthError: it could not be made.
        """
        succeeded = False
        try:
            found = await self._get(key, make)
            succeeded = True
            return found
        finally:
            if self._observer:
                self._observer.asked(succeeded)

    async def _get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        while True:
            found = self._fresh(key)
            if found is not None:
                return found  # type: ignore[return-value]  # a key is used for one type alone
            flight = self._flights.get(key)
            if flight is None:
                return await self._made(key, make)
            await asyncio.wait([flight])
            if not flight.cancelled():
                return flight.result()  # type: ignore[return-value]  # as above

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            made = await make()
        except AuthError as error:
            flight.set_exception(error)
            flight.exception()  # often nobody else waits for it
            raise
        else:
            self._keep(key, made)
            flight.set_result(made)
            return made
        finally:
            del self._flights[key]
            flight.cancel()

    def _fresh(self, key: Hashable) -> Expiring | None:
        kept = self._kept.get(key)
        # Either clock may stand still or jump while the machine sleeps: the one that is ahead counts.
        if kept is None or self._clock.monotonic() >= kept.until or self._clock.now().timestamp() >= kept.wall:
            return None
        self._kept.move_to_end(key)
        return kept.value

    def _keep(self, key: Hashable, made: Expiring) -> None:
        now = self._clock.now()
        seconds = min((made.expires - now).total_seconds() * _SHARE, self._longest)
        self._kept[key] = _Kept(value=made, until=self._clock.monotonic() + seconds, wall=now.timestamp() + seconds)
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
            if self._observer:
                self._observer.evicted()
        if self._observer:
            self._observer.kept(len(self._kept))
