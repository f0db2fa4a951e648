"""Other Kustomizations, or any objects, that must be ready first."""

from __future__ import annotations

from typing import Any, Final

from sluice import kube, runtime
from sluice.appliers import dependencies
from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize.values import Run, source_named_in


def _state(obj: kube.Object) -> tuple[Any, Any, bool, Any]:
    status = obj.get("status") or {}
    return (
        obj["metadata"].get("generation"),
        status.get("observedGeneration"),
        dependencies.is_ready(status),
        status.get("lastAppliedRevision"),
    )


OWN: Final = dependencies.Own(
    names=kustomizev1.Kustomization.names, missing="dependency '{name}' not found: {error}", state=_state
)


class Depending:
    """Waits until every dependency is ready."""

    def __init__(self, known: dependencies.Dependencies, *, requeue: float) -> None:
        self._dependencies = known
        self._requeue = requeue

    async def await_dependencies(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Go on when every dependency is ready for the revision at hand."""
        lacking = await self._dependencies.lacking(
            ctx, run.asker, run.spec.depends_on or (), lambda found: _lacks(run, found)
        )
        if lacking:
            after = meta.format_duration(self._requeue)
            raise runtime.Waiting(
                names.DEPENDENCY_NOT_READY,
                lacking,
                after=self._requeue,
                event="Normal",
                event_message=f"Dependencies do not meet ready condition, retrying in {after}",
                metadata=run.metadata,
            )
        return run


def _lacks(run: Run, found: kube.Object) -> str:
    """What a Kustomization lacks of being ready, and for the revision at hand where it has the same source."""
    generation, observed, is_ready, revision = _state(found)
    if generation != observed or not is_ready:
        return "is not ready"
    if source_named_in(found) == run.source and revision != run.revision:
        return "revision is not up to date"
    return ""
