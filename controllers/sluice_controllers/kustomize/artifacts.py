"""Unpacked artifacts on disk, each once, whoever asks for it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import pathlib
import shutil
import stat
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import aiohttp

from sluice import aio, artifact
from sluice_api.source import v1 as sourcev1

UNUSED_SECONDS: Final = 1200.0
"""A folder that nobody has asked for in this time is removed; no build may take longer than half of it."""


@dataclass(frozen=True)
class _Kept:
    folder: pathlib.Path
    used: float


class Artifacts:
    """A cache of unpacked artifacts by digest: folders of this process's own, directly below `root`."""

    def __init__(self, root: pathlib.Path, session: aiohttp.ClientSession, clock: aio.Clock | None = None) -> None:
        self._root = root
        self._clock = clock or aio.SystemClock()
        self._session = session
        self._locks: dict[str, asyncio.Lock] = {}
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def fetch(self, wanted: sourcev1.Artifact, *, seconds: float) -> pathlib.Path:
        """The folder of an artifact; it stays longer than any build may take.

        Raises:
            ArtifactError: it cannot be had, or is not what its digest says.
            ArchiveError: it cannot be unpacked.
            TimeoutError: it takes too long.
        """
        async with self._locks.setdefault(wanted.digest, asyncio.Lock()):
            kept = self._kept.pop(wanted.digest, None)
            folder = kept.folder if kept else self._root / _name(wanted.digest)
            if kept is None:
                async with asyncio.timeout(seconds):
                    await self._download(wanted, folder)
            self._kept[wanted.digest] = _Kept(folder, self._clock.monotonic())
        await self._evict()
        return folder

    async def _download(self, wanted: sourcev1.Artifact, folder: pathlib.Path) -> None:
        await asyncio.to_thread(_claim, folder)
        try:
            await artifact.fetch(self._session, wanted.url, wanted.digest, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def close(self) -> None:
        """Remove everything."""
        for kept in self._kept.values():
            await asyncio.to_thread(shutil.rmtree, kept.folder, ignore_errors=True)

    async def _evict(self) -> None:
        """Remove what is unused; the oldest come first."""
        oldest = self._clock.monotonic() - UNUSED_SECONDS
        while self._kept and next(iter(self._kept.values())).used < oldest:
            digest, kept = self._kept.popitem(last=False)
            self._locks.pop(digest, None)
            await asyncio.to_thread(shutil.rmtree, kept.folder, ignore_errors=True)


def _name(digest: str) -> str:
    """A name that no other process of ours uses at the same time."""
    return f"kustomization-{os.getpid()}-{hashlib.sha256(digest.encode()).hexdigest()[:12]}"


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
