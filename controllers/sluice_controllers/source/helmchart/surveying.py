"""What charts the artifacts of sources hold: each artifact is read once, however many charts are of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from sluice import aio, archive
from sluice.artifact import Storage
from sluice.helm import charts
from sluice.helm.charts import Place
from sluice_api.source.v1 import Artifact

_KEPT: Final = 256
_SECONDS: Final = 120.0

Survey = Mapping[Place, tuple[str, str]]


class Surveys:
    """Keeps what was read of the newest artifacts."""

    def __init__(self, workers: aio.WorkerPool, storage: Storage) -> None:
        self._workers = workers
        self._storage = storage
        self._kept: OrderedDict[str, Survey] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def find(self, artifact: Artifact, path: str) -> tuple[str, str] | None:
        """Name and version of the chart at a path; None when only the build can tell. Costs no request."""
        key = artifact.digest
        if key not in self._kept:
            # Those who ask meanwhile wait for the first one, and then find what it found.
            async with self._locks.setdefault(key, asyncio.Lock()):
                if key not in self._kept:
                    self._keep(key, await self._read(artifact))
            self._locks.pop(key, None)
        self._kept.move_to_end(key)
        return self._kept[key].get(charts.place_of(path))

    async def _read(self, artifact: Artifact) -> Survey:
        try:
            file = self._storage.locate(artifact.path)
            return await self._workers.run(charts.survey, file, timeout=_SECONDS)
        except (aio.WorkerError, archive.ArchiveError, OSError):
            # The build tells what is wrong, of a chart.
            return {}

    def _keep(self, key: str, found: Survey) -> None:
        self._kept[key] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
