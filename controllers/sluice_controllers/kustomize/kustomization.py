"""The reconciler of Kustomizations: its steps, what success means, and what deletion takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sluice import kube, runtime
from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, histories, values
from sluice_controllers.kustomize.finalizing import Finalizing, last_applied
from sluice_controllers.kustomize.steps import (
    applying,
    building,
    depending,
    fetching,
    health,
    pruning,
    reaching,
    refusing,
    sourcing,
    substituting,
    unlocking,
)
from sluice_controllers.kustomize.values import COMMIT_STATUS, SUCCEEDED, Run

CONTROLLER: Final = "kustomize-controller"

_WAS_READY: Final = "was ready"

_NAMES: Final = kustomizev1.Kustomization.names

KIND: Final = runtime.Kind(
    resource=kube.Resource(
        group=_NAMES.group, version=_NAMES.version, kind=_NAMES.kind, plural=_NAMES.plural, namespaced=True
    ),
    model=kustomizev1.Kustomization,
    controller=CONTROLLER,
    field_manager="gotk-kustomize-controller",
    conditions=runtime.ConditionPolicy(auxiliary=(names.HEALTHY,), pending=chronicle.PENDING),
    heeds=lambda obj: [values.source_named_in(obj).token],
)


class KustomizationReconciler:
    """Takes a Kustomization from its source to healthy objects."""

    kind = KIND

    def __init__(
        self,
        *,
        refusing: refusing.Refusing,
        sourcing: sourcing.Sourcing,
        depending: depending.Depending,
        variables: substituting.Substituting,
        keys: unlocking.Unlocking,
        fetching: fetching.Fetching,
        reaching: reaching.Reaching,
        building: building.Building,
        applying: applying.Applying,
        pruning: pruning.Pruning,
        checking: health.Checking,
        finalizing: Finalizing,
    ) -> None:
        self._finalizing = finalizing
        self.steps: tuple[runtime.Step, ...] = (
            refusing.begin,
            checking.prepare,
            sourcing.find_source,
            depending.await_dependencies,
            variables.gather,
            keys.gather,
            fetching.fetch,
            reaching.reach,
            building.build,
            applying.apply,
            pruning.prune,
            checking.check,
        )

    def succeed(self, ctx: runtime.Context[kustomizev1.Kustomization], run: Run) -> runtime.Success:
        """All is as the source says. A pass that found nothing to do and that nobody asked for leaves no trace."""
        interval = values.interval(run.obj)
        events: tuple[runtime.EventNote, ...] = ()
        if has_news(ctx, run):
            took = chronicle.elapsed(ctx)
            chronicle.record(ctx, run, SUCCEEDED)
            ctx.status["lastAppliedRevision"] = run.revision
            self._set_origin(ctx, run)
            events = (_finished(took, interval, run.metadata),)
        chronicle.ended(ctx)
        return runtime.Success(
            interval=interval,
            reason=SUCCEEDED,
            message=f"Applied revision: {run.revision}",
            events=events,
            log={"revision": run.revision},
        )

    async def finalize(self, ctx: runtime.Context[kustomizev1.Kustomization]) -> None:
        """Delete what was applied, as the deletion policy says. One that was ready tells once more that it is done."""
        was_ready = ctx.memory.setdefault(_WAS_READY, (ctx.find_condition(names.READY) or {}).get("status") == "True")
        await self._finalizing.finalize(ctx)
        if was_ready and not self.kind.suspended(ctx.object) and (note := _last_word(ctx)) is not None:
            ctx.event(note.type, note.reason, note.message, note.metadata)

    def _set_origin(self, ctx: runtime.Context[Any], run: Run) -> None:
        if run.origin_revision:
            ctx.status["lastAppliedOriginRevision"] = run.origin_revision
        elif "lastAppliedOriginRevision" in ctx.status:
            del ctx.status["lastAppliedOriginRevision"]


def _finished(seconds: float, interval: float, metadata: Mapping[str, str]) -> runtime.EventNote:
    took, pause = meta.format_duration(seconds), meta.format_duration(interval)
    return runtime.EventNote(
        reason=SUCCEEDED,
        message=f"Reconciliation finished in {took}, next run in {pause}",
        metadata={**metadata, COMMIT_STATUS: "update"},
    )


def _last_word(ctx: runtime.Context[Any]) -> runtime.EventNote | None:
    try:
        interval = values.interval(kustomizev1.Kustomization.model_validate(ctx.object))
    except ValueError:
        # An unreadable spec must not keep its object.
        return None
    return _finished(ctx.elapsed, interval, last_applied(ctx))


def has_news(ctx: runtime.Context[Any], run: Run) -> bool:
    """Whether this success differs from the last one, or somebody asked for it."""
    assert run.built is not None
    ready = ctx.find_condition(names.READY) or {}
    same = (
        ready.get("status") == "True"
        and ctx.generation == ctx.observed_generation
        and ctx.requested_at is None
        and not run.is_new_revision
        and not chronicle.has_changed(ctx)
        and histories.is_latest(run.status.get("history") or (), digest=run.built.digest, status=SUCCEEDED)
    )
    return not same
