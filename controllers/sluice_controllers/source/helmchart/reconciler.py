"""HelmChart: its steps, what its success tells, and what its deletion takes."""

from collections.abc import Mapping

from sluice import kube, runtime
from sluice.helm import charts
from sluice_api import meta
from sluice_api.source.v1 import HelmChart
from sluice_controllers.source import conditions, informers
from sluice_controllers.source.helmchart.steps.build import Build, Maker
from sluice_controllers.source.helmchart.steps.locate import Locate
from sluice_controllers.source.helmchart.values import Result
from sluice_controllers.source.keeping import Keeper

_FAILURES = (conditions.STORAGE_OPERATION_FAILED, conditions.FETCH_FAILED, conditions.BUILD_FAILED)

KIND = runtime.Kind(
    resource=informers.resource_of(HelmChart),
    model=HelmChart,
    controller="source-controller",
    conditions=conditions.policy(*_FAILURES, verifies=True),
)


class HelmChartReconciler:
    """Keeps one package per HelmChart equal to what its source has."""

    kind = KIND

    def __init__(
        self,
        keeper: Keeper,
        stores: Mapping[str, kube.Store],
        *,
        source: Maker,
        repository: Maker,
        limits: charts.Limits,
    ) -> None:
        """`stores` have the sources that a chart may be of, by their kinds."""
        self._keeper = keeper
        self.steps: tuple[runtime.Step, ...] = (
            keeper,
            Locate(stores, keeper.storage),
            Build(keeper, source, repository, limits),
        )

    def succeed(self, ctx: runtime.Context[HelmChart], value: Result) -> runtime.Success:
        """Tell of a new package and of a recovery. Who asked, and nothing is new, is answered by the status alone."""
        return runtime.Success(
            interval=meta.parse_duration(value.chart.spec.interval),
            events=_notes(ctx, value),
            log={"revision": value.artifact.revision},
        )

    async def finalize(self, ctx: runtime.Context[HelmChart]) -> None:
        """Remove everything stored for the object."""
        await self._keeper.remove_all(ctx)


def _notes(ctx: runtime.Context[HelmChart], value: Result) -> tuple[runtime.EventNote, ...]:
    before = ctx.object.get("status") or {}
    group = KIND.resource.group
    metadata = {f"{group}/revision": value.artifact.revision, f"{group}/digest": value.artifact.digest}
    recovered = conditions.has_failed(before, *_FAILURES)
    if recovered or value.artifact.digest != (before.get("artifact") or {}).get("digest"):
        # What is in storage is told in the words that it was told in when it was made.
        stored = ctx.find_condition(conditions.ARTIFACT_IN_STORAGE)
        assert stored is not None
        return (runtime.EventNote(reason=stored["reason"], message=stored["message"], metadata=metadata),)
    return ()
