"""Charts out of artifacts: what they say of themselves is remembered, their packages come when somebody reads them."""

from __future__ import annotations

import pathlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from sluice import aio
from sluice.appliers.artifacts import PACKED, Artifacts
from sluice.appliers.downloads import Downloads
from sluice_api.source import v1 as sourcev1
from sluice_controllers.helm import composing

_REMEMBERED: Final = 4096
_SECONDS: Final = 30.0
"""What a worker may take for one chart."""


class Charts:
    """Knows charts by the digests of their artifacts."""

    def __init__(self, artifacts: Artifacts, downloads: Downloads, pool: aio.WorkerPool, *, seconds: float) -> None:
        """`artifacts` keeps them packed; `seconds` is what a download may take."""
        self._artifacts = artifacts
        self._downloads = downloads
        self._pool = pool
        self._seconds = seconds
        self._known: OrderedDict[Hashable, Mapping[str, Any]] = OrderedDict()

    async def describe(self, artifact: sourcev1.Artifact) -> Mapping[str, Any]:
        """What the chart says of itself. A download is needed for the first who asks.

        Raises:
            ChartError: it is none.
            WorkerError: reading it takes too much.
            StillFetching, ArtifactError, TimeoutError, OSError: as `package`.
        """
        known = self._known.pop(artifact.digest, None)
        if known is None:
            package = await self.package(artifact)
            with self.using(artifact):
                known = await self._pool.run(composing.describe, package, timeout=_SECONDS, repeatable=True)
        self._known[artifact.digest] = known
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known

    async def package(self, artifact: sourcev1.Artifact) -> pathlib.Path:
        """Where the chart lies packed; for how long, `using` says.

        Raises:
            StillFetching: not yet; its token is notified.
            ArtifactError: it cannot be had.
            TimeoutError, OSError: nor that it can.
        """
        return await self._downloads.folder(artifact, seconds=self._seconds) / PACKED

    def using(self, artifact: sourcev1.Artifact) -> AbstractContextManager[None]:
        """Keep the package while the block runs."""
        return self._artifacts.using(artifact.digest)
