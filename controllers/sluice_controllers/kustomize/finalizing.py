"""What becomes of the applied objects when their Kustomization is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sluice import kube, runtime, ssa
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, values
from sluice_controllers.kustomize.values import ORIGIN_REVISION, PRUNE_FAILED, REVISION

WAIT_FOR_TERMINATION: Final = "WaitForTermination"

_TERMINATION: Final = "termination"


@dataclass(frozen=True, kw_only=True)
class Termination:
    """Objects that were deleted, and until when their end is waited for."""

    refs: tuple[kube.ObjectRef, ...]
    deadline: float


class Finalizing:
    """Deletes the inventory of a Kustomization under deletion."""

    def __init__(self, manager: ssa.ResourceManager, readiness: ssa.Readiness) -> None:
        self._manager = manager
        self._readiness = readiness

    async def finalize(self, ctx: runtime.Context[kustomizev1.Kustomization]) -> None:
        """Return when the finalizer may go. Repeated until then; deleting twice is harmless."""
        obj = ctx.parsed
        owner = ssa.Owner(namespace=ctx.namespace, name=ctx.name)
        self._manager.release(owner)
        self._readiness.release(owner)
        if not deletes(obj):
            return
        termination = ctx.memory.get(_TERMINATION)
        if termination is None:
            deleted = await self._delete(ctx, obj, owner)
            deadline = ctx.clock.monotonic() + values.timeout(obj)
            termination = ctx.memory[_TERMINATION] = Termination(refs=deleted, deadline=deadline)
        if obj.spec.deletion_policy == WAIT_FOR_TERMINATION:
            await self._await_termination(ctx, termination)

    async def _delete(
        self, ctx: runtime.Context[Any], obj: kustomizev1.Kustomization, owner: ssa.Owner
    ) -> tuple[kube.ObjectRef, ...]:
        refs = list(ssa.Inventory.from_status(ctx.status.get("inventory")))
        reason = _last_reason(ctx)
        try:
            done = await self._manager.prune(refs, owner)
        except ssa.PruneFailed as failed:
            ctx.log.error("garbage collection failed", error=str(failed))
            raise runtime.Transient(
                PRUNE_FAILED, str(failed), event_message="pruning for deleted resource failed", metadata=_metadata(obj)
            ) from None
        if len(done):
            ctx.event("Normal", reason, str(done), _metadata(obj))
        return tuple(change.ref for change in done if change.action is ssa.Action.DELETED)

    async def _await_termination(self, ctx: runtime.Context[Any], termination: Termination) -> None:
        for ref in termination.refs:
            ctx.subscribe(chronicle.health_token(ref))
        left = [ref for ref in termination.refs if await self._manager.exists(ref)]
        if not left:
            return
        remaining = termination.deadline - ctx.clock.monotonic()
        if remaining > 0:
            text = f"waiting for {len(left)} objects to terminate: {', '.join(map(str, left[:3]))}"
            raise runtime.Waiting(names.PROGRESSING, text, after=remaining, ready="Unknown", event=None)
        text = "failed to wait for resources termination"
        ctx.log.error("objects did not terminate in time", objects=[str(ref) for ref in left])
        ctx.event("Warning", _last_reason(ctx), text, _metadata(ctx.parsed))


def deletes(obj: kustomizev1.Kustomization) -> bool:
    """Whether the applied objects are deleted: never while suspended, and by default only if pruning is on."""
    if obj.spec.suspend:
        return False
    match obj.spec.deletion_policy or "MirrorPrune":
        case "MirrorPrune":
            return obj.spec.prune
        case "Orphan":
            return False
        case _:
            return True


def _last_reason(ctx: runtime.Context[Any]) -> str:
    ready = ctx.find_condition(names.READY) or {}
    return str(ready.get("reason") or "info")


def _metadata(obj: kustomizev1.Kustomization) -> dict[str, str]:
    status = obj.status
    found = {REVISION: status.last_applied_revision, ORIGIN_REVISION: status.last_applied_origin_revision}
    return {key: value for key, value in found.items() if value}
