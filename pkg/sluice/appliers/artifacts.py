"""Artifacts on disk, each once, whoever asks for it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import pathlib
import shutil
import stat
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp

from sluice import aio, artifact
from sluice_api.source import v1 as sourcev1

UNUSED_SECONDS: Final = 1200.0
"""A folder that nobody has asked for in this time, and that no build is using, is removed."""
PACKED: Final = "packed.tgz"
"""How an artifact is called in its folder that is kept as it came."""


@dataclass(frozen=True)
class _Kept:
    folder: pathlib.Path
    used: float


class Artifacts:
    """A cache of artifacts by digest: folders of this process's own, directly below `root`."""

    def __init__(
        self,
        root: pathlib.Path,
        session: aiohttp.ClientSession,
        pool: aio.WorkerPool | None,
        clock: aio.Clock | None = None,
    ) -> None:
        """`pool`: where archives are unpacked; without one they are kept packed."""
        self._root = root
        self._pool = pool
        self._clock = clock or aio.SystemClock()
        self._session = session
        self._locks: dict[str, asyncio.Lock] = {}
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._in_use: Counter[str] = Counter()
        self._numbers = itertools.count()

    async def fetch(self, wanted: sourcev1.Artifact, *, seconds: float) -> pathlib.Path:
        """The folder of an artifact; see `using` for how long it stays.

        Raises:
            ArtifactError: it cannot be had, or is not what its digest says.
            ArchiveError: it is refused.
            WorkerError: unpacking it takes too much.
            TimeoutError: it takes too long.
        """
        async with self._locks.setdefault(wanted.digest, asyncio.Lock()):
            kept = self._kept.pop(wanted.digest, None)
            folder = kept.folder if kept else self._root / _name(wanted.digest, next(self._numbers))
            if kept is None:
                async with asyncio.timeout(seconds):
                    await self._download(wanted, folder)
            self._kept[wanted.digest] = _Kept(folder, self._clock.monotonic())
        await self._evict()
        return folder

    @contextmanager
    def using(self, digest: str) -> Iterator[None]:
        """Keep the folder while the block runs, however long: of half a folder half the objects would be built."""
        self._in_use[digest] += 1
        try:
            yield
        finally:
            self._in_use[digest] -= 1

    async def _download(self, wanted: sourcev1.Artifact, folder: pathlib.Path) -> None:
        await asyncio.to_thread(_claim, folder)
        try:
            if self._pool is None:
                await artifact.download(self._session, wanted.url, wanted.digest, folder / PACKED)
            else:
                await artifact.fetch(self._session, wanted.url, wanted.digest, folder, pool=self._pool)
        except BaseException:
            # Not on the event loop: of a hostile archive there may be very many files.
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
            raise

    async def close(self) -> None:
        """Remove everything."""
        for kept in self._kept.values():
            await asyncio.to_thread(shutil.rmtree, kept.folder, ignore_errors=True)

    async def _evict(self) -> None:
        """Remove what is unused."""
        oldest = self._clock.monotonic() - UNUSED_SECONDS
        for digest, kept in tuple(self._kept.items()):
            if kept.used < oldest and not self._in_use[digest] and self._kept.get(digest) is kept:
                # Taken out of sight first: while it is being removed nobody can be given it.
                del self._kept[digest]
                self._locks.pop(digest, None)
                await asyncio.to_thread(shutil.rmtree, kept.folder, ignore_errors=True)


def _name(digest: str, number: int) -> str:
    """A name that nobody else uses: no other process, nor who still removes an earlier folder of that digest.

    Messages that show it look like Flux's.
    """
    return f"kustomization-{os.getpid()}{int(hashlib.sha256(digest.encode()).hexdigest()[:10], 16):013d}{number}"


def _claim(folder: pathlib.Path) -> None:
    """Make the folder ours alone; what an earlier process of ours left there goes.

    Raises:
        OSError: it belongs to somebody else.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
