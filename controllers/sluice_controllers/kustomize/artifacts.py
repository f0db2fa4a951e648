"""Unpacked artifacts on disk, each once, whoever asks for it."""

from __future__ import annotations

import asyncio
import hashlib
import pathlib
import shutil
from collections import OrderedDict
from typing import Final

import aiohttp

from sluice import artifact
from sluice_api.source import v1 as sourcev1

_KEPT: Final = 64
"""Folders that stay when nobody uses them: an idle Kustomization needs no more of its own than the digest."""


class Artifacts:
    """A cache of unpacked artifacts by digest, below one folder that is this process's own."""

    def __init__(self, root: pathlib.Path, session: aiohttp.ClientSession) -> None:
        self._root = root
        self._session = session
        self._locks: dict[str, asyncio.Lock] = {}
        self._kept: OrderedDict[str, pathlib.Path] = OrderedDict()

    async def fetch(self, wanted: sourcev1.Artifact, *, seconds: float) -> pathlib.Path:
        """The folder of an artifact; it stays for as long as this build may take, and usually much longer.

        Raises:
            ArtifactError: it cannot be had, or is not what its digest says.
            ArchiveError: it cannot be unpacked.
            TimeoutError: it takes too long.
        """
        lock = self._locks.setdefault(wanted.digest, asyncio.Lock())
        async with lock:
            folder = self._kept.get(wanted.digest)
            if folder is None:
                folder = self._root / f"kustomization-{hashlib.sha256(wanted.digest.encode()).hexdigest()[:12]}"
                async with asyncio.timeout(seconds):
                    await self._download(wanted, folder)
                self._kept[wanted.digest] = folder
            self._kept.move_to_end(wanted.digest)
        await self._evict()
        return folder

    async def _download(self, wanted: sourcev1.Artifact, folder: pathlib.Path) -> None:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        try:
            await artifact.fetch(self._session, wanted.url, wanted.digest, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def _evict(self) -> None:
        while len(self._kept) > _KEPT:
            digest, folder = self._kept.popitem(last=False)
            self._locks.pop(digest, None)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
