"""What can never be released is refused at once."""

from __future__ import annotations

from typing import Any

from sluice import cel, runtime
from sluice.appliers.clusters import Cluster
from sluice.appliers.expressions import MISCONFIGURED
from sluice.appliers.judging import InvalidRule
from sluice.appliers.tenancy import Tenancy
from sluice_api.helm import v2 as helmv2
from sluice_api.meta import names
from sluice_controllers.helm import wording
from sluice_controllers.helm.values import Run


class Refusing:
    """Begins runs."""

    def __init__(self, tenancy: Tenancy, cluster: Cluster) -> None:
        self._tenancy = tenancy
        self._cluster = cluster

    async def begin(self, ctx: runtime.Context[Any], obj: helmv2.HelmRelease) -> Run:
        """Begin the run, unless the spec names no chart, or two, or has expressions that are none."""
        ctx.progress(wording.PREREQUISITES)
        spec = obj.spec
        if spec is None or (spec.chart is None) == (spec.chart_ref is None):
            # The API server takes neither; what is stored may be older than its rules.
            raise runtime.Stalled(wording.INVALID_CHART_REFERENCE, "invalid Chart reference")
        await self._check_expressions(ctx, spec)
        actor = self._tenancy.actor(ctx.object)
        return Run(obj=obj, status=obj.status, cluster=self._cluster, actor=actor)

    async def _check_expressions(self, ctx: runtime.Context[Any], spec: helmv2.HelmReleaseSpec) -> None:
        try:
            await self._cluster.judge.check(spec.health_check_exprs or (), tenant=ctx.namespace)
        except InvalidRule as error:
            text = f"{MISCONFIGURED}: {error}"
            raise runtime.Stalled(names.INVALID_CEL_EXPRESSION, text, event_message=str(error)) from None
        except cel.EvaluationError as error:
            raise runtime.Transient(names.INVALID_CEL_EXPRESSION, str(error)) from None
