"""Make the package and keep it, if it is another one than that which is there."""

from __future__ import annotations

from typing import Any, Protocol

from sluice import aio, runtime
from sluice.helm import charts
from sluice_api.source.v1 import HelmChart
from sluice_controllers.source import conditions, keeping
from sluice_controllers.source import failures as shared
from sluice_controllers.source.helmchart import failures, naming, orders
from sluice_controllers.source.helmchart.building import Made, Output
from sluice_controllers.source.helmchart.values import Request, Result
from sluice_controllers.source.keeping import Keeper


class Maker(Protocol):
    """Makes packages of charts that come from one kind of source."""

    async def make(self, ctx: runtime.Context[Any], request: Request, order: charts.Order, output: Output) -> Made:
        """Make the package, or say that the known one will do. Raises the BuildError tree, OSError or a WorkerError."""


class Build:
    """Builds in a worker process, stores atomically.

    Sets FetchFailed, BuildFailed, StorageOperationFailed or ArtifactInStorage; status.artifact, and what was observed
    of the chart, with the last of them.
    """

    def __init__(self, keeper: Keeper, source: Maker, repository: Maker, limits: charts.Limits) -> None:
        self._keeper = keeper
        self._source = source
        self._repository = repository
        self._limits = limits

    async def __call__(self, ctx: runtime.Context[HelmChart], request: Request) -> Result:
        """Build and store."""
        if request.chart.spec.verify is None:
            ctx.clear_condition(conditions.SOURCE_VERIFIED)
        order = orders.order_of(request, self._limits, generation=ctx.generation)
        draft = self._keeper.draft(ctx)
        output = Output(file=draft.temporary, algorithm=self._keeper.storage.algorithm)
        try:
            made = await self._make(ctx, request, order, output)
            if not made.digest:
                return Result(chart=request.chart, artifact=keeping.current(ctx))
            file = naming.file_name(made.name, made.version)
            kept = await self._keeper.keep(
                ctx, draft, file=file, revision=made.version, digest=made.digest, link=naming.LINK
            )
        finally:
            self._keeper.discard(draft)
        ctx.condition(conditions.ARTIFACT_IN_STORAGE, "True", made.reason, made.summary)
        _observe(ctx, request.chart, made)
        return Result(chart=request.chart, artifact=kept, made=made)

    async def _make(
        self, ctx: runtime.Context[HelmChart], request: Request, order: charts.Order, output: Output
    ) -> Made:
        maker = self._source if request.repository is None else self._repository
        try:
            return await maker.make(ctx, request, order, output)
        except charts.BuildError as error:
            raise failures.building(ctx, error) from None
        except aio.WorkerError as error:
            ctx.log.info("build failed", error=str(error))
            raise failures.building(ctx, failures.working(request.chart.spec.chart, error)) from None
        except OSError as error:
            raise shared.archiving(error) from None


def _observe(ctx: runtime.Context[Any], chart: HelmChart, made: Made) -> None:
    ctx.status["observedChartName"] = made.name
    files = orders.observed_files(chart, made.values_files)
    if files is None:
        ctx.status.pop("observedValuesFiles", None)
    else:
        ctx.status["observedValuesFiles"] = files
