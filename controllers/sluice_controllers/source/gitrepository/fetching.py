"""The controller's Git: lists references on the event loop, fetches in worker processes, shares what can be shared."""

import asyncio
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from sluice import aio, git, web
from sluice.git import Reference, mirrors, references, sessions, trees
from sluice.git.listings import Listing
from sluice_controllers.source.gitrepository import building
from sluice_controllers.source.gitrepository.building import Built, Order
from sluice_controllers.source.gitrepository.values import Access

_LISTINGS = 1000
_GRACE = 2.0
"""Seconds between hanging up on a worker and killing it."""
_UNUSED = 6 * 3600.0
"""Seconds after which a mirror that nobody follows goes: rotated credentials leave one behind each time."""
_SWEEP = 600.0
"""Seconds between two looks for such mirrors."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one repository may cost."""

    transfer: int = 1 << 30
    """Bytes received in one fetch (`--git-max-size`)."""
    tree: trees.Limits = field(default_factory=trees.Limits)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a server has been seen to have."""

    refs: dict[str, str]
    age: float
    """Seconds since it was asked."""


class Fetcher:
    """One per process; an async context manager. Mirrors lie in ``root`` and survive restarts if it does."""

    def __init__(self, root: Path, workers: aio.WorkerPool, client: web.Web, *, limits: Limits | None = None) -> None:
        self._root = root
        self._workers = workers
        self._client = client
        self._limits = limits or Limits()
        self._stack = AsyncExitStack()
        self._gateway = git.Gateway()
        self._listings: OrderedDict[Access, Listing] = OrderedDict()
        self._swept = float("-inf")
        self._locks: weakref.WeakValueDictionary[Path, asyncio.Lock] = weakref.WeakValueDictionary()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._gateway)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def refs(self, access: Access, reference: Reference, *, age: float) -> Look | None:
        """The server's references that ``reference`` needs, as they were at most ``age`` seconds ago.

        None when the fetching connection will list them. Objects of one address and login share a request where they
        can. Raises EmptyRepositoryError when the server has none at all, and the RemoteError tree.
        """
        if access.url.scheme == "ssh":
            return None
        prefixes, now = reference.prefixes(), asyncio.get_running_loop().time()
        mirrors.touch(mirrors.directory(self._root, access.url, access.credentials))
        if not prefixes:
            return Look(refs={}, age=0.0)
        listing = self._listing(access)
        listed = await listing.refs(prefixes, since=now - age)
        refs = listed.among(prefixes)
        if not refs:
            references.refuse_empty(await listing.upstream.refs(()))
        return Look(refs=refs, age=max(0.0, now - listed.begun))

    async def build(
        self, access: Access, order: Order, *, refs: Mapping[str, str] | None, seconds: float
    ) -> Built | None:
        """Fetch what the order's reference leads to and write its artifact; None when that is known already.

        Raises the GitError tree, BuildError, or a WorkerError.
        """
        mirror = mirrors.directory(self._root, access.url, access.credentials)
        job = replace(order.job, mirror=mirror, refs=refs, max_bytes=self._limits.transfer)
        order = replace(order, job=job, limits=self._limits.tree)
        await self._sweep()
        lock = self._locks.setdefault(mirror, asyncio.Lock())
        # One at a time for each mirror: another worker would only wait for the lock on disk.
        async with lock:
            if access.url.scheme == "ssh":
                return await self._build_over_ssh(access, order, seconds)
            return await self._build_over_http(access, order, seconds)

    async def _build_over_ssh(self, access: Access, order: Order, seconds: float) -> Built | None:
        async with AsyncExitStack() as stack:
            tunnel = await self._tunnel(access, stack)
            address = sessions.address_of(access.url, access.credentials, port=tunnel.port if tunnel else None)
            server = (access.url.host, access.url.port) if tunnel else None
            job = replace(order.job, address=address, login=access.credentials, server=server)
            try:
                return await self._workers.run(building.build, replace(order, job=job), timeout=seconds)
            except (git.GitError, aio.WorkerError):
                if tunnel and tunnel.failure:
                    # The worker saw a broken connection; the tunnel knows why it broke.
                    raise git.RemoteError(str(tunnel.failure)) from None
                raise

    async def _tunnel(self, access: Access, stack: AsyncExitStack) -> web.Tunnel | None:
        """The way through a proxy, if there is one to go: libgit2 knows of none for ssh."""
        proxy = access.proxy or web.of_environment(str(access.url))
        if proxy is None:
            return None
        return await stack.enter_async_context(web.tunnel(proxy, access.url.host, access.url.port))

    async def _build_over_http(self, access: Access, order: Order, seconds: float) -> Built | None:
        known = references.needed(order.job.reference, order.job.refs or {})
        limit = self._limits.transfer
        upstream = self._listing(access).upstream
        async with self._gateway.visit(upstream, refs=known, limit=limit, seconds=seconds) as (address, visit):
            order = replace(order, job=replace(order.job, address=address))
            try:
                return await self._workers.run(building.build, order, timeout=seconds + _GRACE)
            except (git.GitError, aio.WorkerError):
                if visit.failure is not None:
                    # The worker saw a broken connection; the gateway knows why it broke.
                    raise visit.failure from None
                raise

    async def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._swept >= _SWEEP:
            self._swept = now
            await asyncio.to_thread(mirrors.sweep, self._root, unused_seconds=_UNUSED)

    def _listing(self, access: Access) -> Listing:
        """Kept from pass to pass: its upstream knows what the server speaks."""
        found = self._listings.pop(access, None)
        if found is None:
            found = Listing(git.Upstream(self._client, access.url, access.credentials, proxy=access.proxy))
        self._listings[access] = found
        while len(self._listings) > _LISTINGS:
            self._listings.popitem(last=False)
        return found
