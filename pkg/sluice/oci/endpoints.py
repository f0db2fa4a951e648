"""How registries are spoken to: with TLS or, where that may be, without, and with which login. Found out once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from sluice import web
from sluice.oci import asking, challenges, refusals
from sluice.oci.challenges import Challenge
from sluice.oci.doors import Door, Endpoint
from sluice.oci.errors import RegistryError

_KEPT: Final = 1000
_KEPT_SECONDS: Final = 600.0
_PATIENCE: Final = 3.0
"""Seconds in which a registry that may do without TLS has to answer with it."""

_Key = tuple[str, bool, web.Access]


class Endpoints:
    """Asks a registry for its version, as every client does first, and remembers how it answered."""

    def __init__(self, asker: web.Web) -> None:
        self._web = asker
        self._kept: OrderedDict[_Key, tuple[Endpoint, float]] = OrderedDict()

    async def find(self, door: Door) -> Endpoint:
        """How to speak to the door's registry; raises the WebError tree and RegistryError."""
        now = asyncio.get_running_loop().time()
        endpoint, until = self._kept.get(_key(door), (None, 0.0))
        if endpoint is None or until < now:
            endpoint, until = await self._asked(door), now + _KEPT_SECONDS
        self._keep(door, endpoint, until)
        return endpoint

    def correct(self, door: Door, endpoint: Endpoint) -> None:
        """Remember that it wants to be logged in to otherwise than it said."""
        self._keep(door, endpoint, asyncio.get_running_loop().time() + _KEPT_SECONDS)

    def forget(self, door: Door) -> None:
        """Find out anew the next time."""
        self._kept.pop(_key(door), None)

    def _keep(self, door: Door, endpoint: Endpoint, until: float) -> None:
        self._kept[_key(door)] = (endpoint, until)
        self._kept.move_to_end(_key(door))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    async def _asked(self, door: Door) -> Endpoint:
        if not door.repository.plain:
            return await self._ping(door, "https")
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._ping(door, "https")
        except (web.WebError, TimeoutError) as error:
            first = str(error) or str(web.DeadlineError())
        try:
            return await self._ping(door, "http")
        except (web.WebError, RegistryError) as error:
            raise web.WebError(f"{first}; {error}") from None

    async def _ping(self, door: Door, scheme: str) -> Endpoint:
        url = f"{scheme}://{door.repository.registry}/v2/"
        async with asking.followed(self._web, "GET", url, access=door.access, headers={}) as response:
            if response.status not in (200, 401):
                raise await refusals.of(response, "GET", url)
            challenge: Challenge | None = None
            if response.status == 401:
                challenge = challenges.pick(response.headers.getall("WWW-Authenticate", ()))
            return Endpoint(scheme=scheme, challenge=challenge)


def _key(door: Door) -> _Key:
    return door.repository.registry, door.repository.plain, door.access
