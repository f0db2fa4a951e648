"""The reconciler of HelmReleases: its steps, what success means, and what deletion takes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from sluice import kube, runtime
from sluice_api.helm import v2 as helmv2
from sluice_controllers.helm import conditions, values, wording
from sluice_controllers.helm.finalizing import Finalizing
from sluice_controllers.helm.steps import (
    attempting,
    charting,
    composing,
    depending,
    fetching,
    reaching,
    refusing,
    releasing,
    retargeting,
    sourcing,
)
from sluice_controllers.helm.values import Run

CONTROLLER: Final = "helm-controller"

_NAMES: Final = helmv2.HelmRelease.names


def _heeds(obj: kube.Object) -> list[Hashable]:
    key = sourcing.source_of(obj)
    return [] if key is None else [key.token]


KIND: Final = runtime.Kind(
    resource=kube.Resource(
        group=_NAMES.group, version=_NAMES.version, kind=_NAMES.kind, plural=_NAMES.plural, namespaced=True
    ),
    model=helmv2.HelmRelease,
    controller=CONTROLLER,
    conditions=conditions.POLICY,
    heeds=_heeds,
    observes_suspended=True,
)


class HelmReleaseReconciler:
    """Takes a HelmRelease from its chart to a release."""

    kind = KIND

    def __init__(
        self,
        *,
        refusing: refusing.Refusing,
        charting: charting.Charting,
        depending: depending.Depending,
        sourcing: sourcing.Sourcing,
        composing: composing.Composing,
        fetching: fetching.Fetching,
        reaching: reaching.Reaching,
        retargeting: retargeting.Retargeting,
        releasing: releasing.Releasing,
        finalizing: Finalizing,
    ) -> None:
        self._finalizing = finalizing
        self.steps: tuple[runtime.Step, ...] = (
            refusing.begin,
            charting.keep_chart,
            depending.await_dependencies,
            sourcing.find_source,
            composing.compose,
            fetching.describe,
            reaching.reach,
            retargeting.retarget,
            attempting.attempt,
            releasing.release,
        )

    def succeed(self, ctx: runtime.Context[helmv2.HelmRelease], run: Run) -> runtime.Success:
        """Nothing is left to do. Ready is what the conditions make it."""
        log: dict[str, Any] = {"revision": run.chart.version} if run.chart else {}
        return runtime.Success(interval=values.interval(run.spec), message=wording.PREREQUISITES, log=log)

    async def finalize(self, ctx: runtime.Context[helmv2.HelmRelease]) -> None:
        """Uninstall the release and delete the HelmChart, unless the HelmRelease is suspended."""
        await self._finalizing.finalize(ctx)
