"""The artifacts of sources, as files: those of this storage where they lie, others fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from sluice import artifact
from sluice_api.source.v1 import Artifact
from sluice_controllers.source.artifactgenerator.building import Archive

_SECONDS = 300.0
"""For one download."""


class Fetching:
    """Fetches what other processes serve."""

    def __init__(self, storage: artifact.Storage, session: aiohttp.ClientSession) -> None:
        self._storage = storage
        self._session = session

    async def fetch(self, sources: Mapping[str, Artifact], folder: Path) -> dict[str, Archive]:
        """The archives by alias; new files go into the folder. Raises ArtifactError or TimeoutError."""
        return {alias: await self._archive(each, folder / f"{alias}.fetched") for alias, each in sources.items()}

    async def _archive(self, source: Artifact, to: Path) -> Archive:
        if source.url == self._storage.url(source.path):
            if not self._storage.has(source):
                raise artifact.NotReadyError(f"artifact not found at {source.url}")
            return Archive(file=self._storage.locate(source.path), digest=source.digest)
        async with asyncio.timeout(_SECONDS):
            await artifact.download(self._session, source.url, source.digest, to)
        return Archive(file=to, digest=source.digest)
