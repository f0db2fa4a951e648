"""Other HelmReleases, or any objects, that must be ready first."""

from __future__ import annotations

from typing import Any, Final

from sluice import kube, runtime
from sluice.appliers import dependencies
from sluice_api.helm import v2 as helmv2
from sluice_api.meta import names
from sluice_controllers.helm.values import Run


def _state(obj: kube.Object) -> tuple[Any, Any, bool]:
    status = obj.get("status") or {}
    return obj["metadata"].get("generation"), status.get("observedGeneration"), dependencies.is_ready(status)


OWN: Final = dependencies.Own(
    names=helmv2.HelmRelease.names, missing="unable to get '{name}' dependency: {error}", state=_state
)


class Depending:
    """Waits until every dependency is ready."""

    def __init__(self, known: dependencies.Dependencies, *, requeue: float) -> None:
        self._dependencies = known
        self._requeue = requeue

    async def await_dependencies(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Go on when every dependency is ready."""
        lacking = await self._dependencies.lacking(ctx, run.asker, run.spec.depends_on or (), _lacks)
        if lacking:
            raise runtime.Waiting(names.DEPENDENCY_NOT_READY, lacking, after=self._requeue, event="Normal")
        return run


def _lacks(found: kube.Object) -> str:
    generation, observed, is_ready = _state(found)
    return "" if generation == observed and is_ready else "is not ready"
