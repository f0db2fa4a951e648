"""The controller's Git: lists references on the event loop, fetches in worker processes, shares what can be shared."""

import asyncio
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from sluice import aio, git, web
from sluice.git import Reference, addresses, mirrors, references, sessions, trees
from sluice.git.listings import Listing
from sluice_controllers.source.gitrepository import assembling, building, staging
from sluice_controllers.source.gitrepository.building import Built, Order
from sluice_controllers.source.gitrepository.staging import Part, Staged, Whole
from sluice_controllers.source.gitrepository.values import Access

_LISTINGS = 1000
_GRACE = 2.0
"""Seconds between hanging up on a worker and killing it."""
_UNUSED = 6 * 3600.0
"""Seconds after which a mirror that nobody follows goes: rotated credentials leave one behind each time."""
_SWEEP = 600.0
"""Seconds between two looks for such mirrors."""


class _Order(Protocol):
    @property
    def job(self) -> git.Job: ...


T = TypeVar("T")
W = TypeVar("W", bound=_Order)
_Reached = tuple[git.Job, float]


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
        self._wary: dict[bool, web.Web] = {}
        """Who asks where nothing that a repository names may lead, by whether this machine may be asked."""
        self._listings: OrderedDict[Access, Listing] = OrderedDict()
        self._swept = float("-inf")
        self._locks: weakref.WeakValueDictionary[Path, asyncio.Lock] = weakref.WeakValueDictionary()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._gateway)
        for near in (False, True):
            wary = web.Web(addresses.sockets(loopback=near))
            self._wary[near] = await self._stack.enter_async_context(wary)
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
        if not refs and await listing.upstream.is_empty():
            raise git.EmptyRepositoryError("git repository is empty")
        return Look(refs=refs, age=max(0.0, now - listed.begun))

    async def build(
        self, access: Access, order: Order, *, refs: Mapping[str, str] | None, seconds: float
    ) -> Built | None:
        """Fetch what the order's reference leads to and write its artifact; None when that is known already.

        Raises the GitError tree, InclusionError, BuildError, or a WorkerError.
        """
        order = replace(order, job=replace(order.job, refs=refs), limits=self._limits.tree)
        await self._sweep()
        if order.submodules:
            return await self._assembled(access, order, asyncio.get_running_loop().time() + seconds)
        return await self._worked(access, building.build, order, seconds)

    async def _assembled(self, access: Access, order: Order, deadline: float) -> Built | None:
        loop = asyncio.get_running_loop()

        async def stage(access: Access, part: Part) -> Staged | None:
            return await self._worked(access, staging.stage, part, max(0.1, deadline - loop.time()))

        async def pack(whole: Whole) -> str:
            return await self._workers.run(staging.pack, whole, timeout=max(0.1, deadline - loop.time()))

        return await assembling.assemble(stage, pack, access, order, root=self._root)

    async def _worked(self, access: Access, work: Callable[[W], T], order: W, seconds: float) -> T:
        """Have a worker do what an order says: its job is told the mirror, and the way to the server."""
        mirror = mirrors.directory(self._root, access.url, access.credentials)
        job = replace(order.job, mirror=mirror, max_bytes=self._limits.transfer)
        lock = self._locks.setdefault(mirror, asyncio.Lock())
        # One at a time for each mirror: another worker would only wait for the lock on disk.
        async with lock, self._reached(access, job, seconds) as (ready, longest):
            order = replace(order, job=ready)  # type: ignore[type-var]  # orders are dataclasses
            return await self._workers.run(work, order, timeout=longest)

    def _reached(self, access: Access, job: git.Job, seconds: float) -> AbstractAsyncContextManager[_Reached]:
        """The job with the way to its server, and how many seconds a worker gets for it."""
        if access.url.scheme == "ssh":
            return self._over_ssh(access, job, seconds)
        return self._over_http(access, job, seconds)

    @asynccontextmanager
    async def _over_ssh(self, access: Access, job: git.Job, seconds: float) -> AsyncIterator[_Reached]:
        async with AsyncExitStack() as stack:
            tunnel = await self._tunnel(access, stack)
            address = sessions.address_of(access.url, access.credentials, port=tunnel.port if tunnel else None)
            server = (access.url.host, access.url.port) if tunnel else None
            try:
                yield replace(job, address=address, login=access.credentials, server=server), seconds
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

    @asynccontextmanager
    async def _over_http(self, access: Access, job: git.Job, seconds: float) -> AsyncIterator[_Reached]:
        known = references.needed(job.reference, job.refs or {})
        limit = self._limits.transfer
        upstream = self._listing(access).upstream
        async with self._gateway.visit(upstream, refs=known, limit=limit, seconds=seconds) as (address, visit):
            try:
                yield replace(job, address=address, login=None), seconds + _GRACE
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
            client = self._wary[access.near] if access.foreign else self._client
            found = Listing(git.Upstream(client, access.url, access.credentials, proxy=access.proxy))
        self._listings[access] = found
        while len(self._listings) > _LISTINGS:
            self._listings.popitem(last=False)
        return found
