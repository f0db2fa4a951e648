"""The Sigstore of everybody (sigstore.dev): its trusted root, kept up to date as The Update Framework has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from sluice import aio
from sluice.aio import clocks
from sluice_controllers.source.verification.trusts import TrustError

_FRESH: Final = 24 * 3600.0
"""Seconds after which the root is looked up anew."""
_PAUSE: Final = 60.0
"""Seconds between two tries, as with Flux: many objects wait for the same servers."""

Fetch = Callable[[], Awaitable[bytes]]
"""Gets a `trusted_root.json`; raises TrustError."""


class PublicSigstore:
    """Looks the root up when somebody needs it. What was had once serves on when its servers are away."""

    def __init__(self, fetch: Fetch, clock: clocks.Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._root = b""
        self._fault = ""
        self._next = float("-inf")

    async def root(self) -> bytes:
        """Its `trusted_root.json`; raises TrustError."""
        async with self._lock:
            if self._clock.monotonic() >= self._next:
                await self._renew()
        if not self._root:
            raise TrustError(f"unable to initialize trusted root: {self._fault}")
        return self._root

    async def _renew(self) -> None:
        try:
            self._root = await self._fetch()
            wait = _FRESH
        except TrustError as error:
            self._fault = str(error)
            wait = _PAUSE
        self._next = self._clock.monotonic() + wait


def fetching(workers: aio.WorkerPool, folder: Path) -> Fetch:
    """Over the network, in a worker process; what need not be fetched again is kept in the folder."""

    async def fetch() -> bytes:
        try:
            return await workers.run(fetched, folder, timeout=_PAUSE)
        except aio.WorkerError as error:
            raise TrustError(str(error)) from None

    return fetch


def fetched(folder: Path, *, offline: bool = False) -> bytes:
    """The root, from its servers; `offline` as it was had last, or came with the library. For worker processes."""
    # Where the library keeps its files is not a parameter of its own; the process does one thing at a time.
    os.environ["XDG_DATA_HOME"] = str(folder / "data")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig

    try:
        return ClientTrustConfig.production(offline=offline).trusted_root._inner.to_json().encode()
    except (Error, OSError, ValueError) as error:
        cause = error.__cause__ or error
        raise TrustError(f"{type(cause).__name__}: {str(cause)[:300]}") from None
