"""Charts in the artifacts of other sources: built in worker processes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sluice import aio, runtime
from sluice.artifact import Storage
from sluice.helm import charts
from sluice.helm.charts import Wanted
from sluice_api.source.v1 import Artifact
from sluice_controllers.source.helmchart import building
from sluice_controllers.source.helmchart.building import Local, Made, Output
from sluice_controllers.source.helmchart.depending import Dependencies
from sluice_controllers.source.helmchart.surveying import Surveys
from sluice_controllers.source.helmchart.values import Request

SECONDS: Final = 120.0
"""What a worker may take for one chart."""


class FromSource:
    """Makes packages of charts that lie in artifacts."""

    def __init__(self, workers: aio.WorkerPool, storage: Storage, dependencies: Dependencies) -> None:
        self._workers = workers
        self._storage = storage
        self._dependencies = dependencies
        self._surveys = Surveys(workers, storage)

    async def make(self, ctx: runtime.Context[Any], request: Request, order: charts.Order, output: Output) -> Made:
        """Make the package. Raises the BuildError tree, OSError or a WorkerError."""
        assert request.artifact is not None
        known = await self._known(request.artifact, request.chart.spec.chart, order)
        if known is not None:
            return known
        source = self._storage.locate(request.artifact.path)
        job = Local(source=source, path=request.chart.spec.chart, order=order, output=output)
        made = await self._workers.run(building.local, job, timeout=SECONDS)
        if isinstance(made, Wanted):
            async with self._dependencies.fetched(ctx, made.dependencies) as archives:
                made = await self._workers.run(building.local, replace(job, fetched=archives), timeout=SECONDS)
            assert isinstance(made, Made)
        if made.resolved:
            ctx.trace("ResolvedDependencies", f"resolved {made.resolved} chart dependencies")
        return made

    async def _known(self, artifact: Artifact, path: str, order: charts.Order) -> Made | None:
        """What is there already, if it will do: of most commits most charts are not changed."""
        found = await self._surveys.find(artifact, path) if order.known else None
        if found is None:
            return None
        name, version = found[0], charts.version_of(found[1], order.build)
        return Made(name=name, version=version, digest="", packaged=True) if order.known == (name, version) else None
