"""The inventory, and what has left it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sluice import kube, runtime, ssa
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, guarding, values
from sluice_controllers.kustomize.values import PRUNE_FAILED, Run, is_home

PRUNE_SKIPPED: Final = "PruneSkipped"
PRUNE_REFUSED: Final = "PruneRefused"


class Pruning:
    """Keeps the inventory, and deletes what left it."""

    def __init__(self, guard: guarding.Guard) -> None:
        self._guard = guard

    async def prune(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Write the new inventory; delete what only the old one has, if the spec says so."""
        inventory = ssa.Inventory.of(run.changes.refs())
        stale = run.inventory.without(inventory)
        self._tell_unreadable(ctx, run)
        try:
            pruned = await self._prune(ctx, run, stale)
        except ssa.PruneFailed as failed:
            # What is left stays booked, so that the next pass tries again.
            ctx.status["inventory"] = inventory.plus(failed.survivors).to_status()
            chronicle.record(ctx, run, PRUNE_FAILED)
            after = values.retry_interval(run.obj)
            raise runtime.Transient(PRUNE_FAILED, str(failed), after=after, metadata=run.metadata) from None
        ctx.status["inventory"] = inventory.to_status()
        if len(pruned):
            chronicle.changes(ctx)
            ctx.event("Normal", names.PROGRESSING, str(pruned), run.metadata)
            ctx.log.info("garbage collection completed", output=pruned.by_subject(), revision=run.revision)
        return run

    async def _prune(self, ctx: runtime.Context[Any], run: Run, stale: Sequence[kube.ObjectRef]) -> ssa.ChangeSet:
        """Delete what is stale; what may not be pruned is let go: nobody puts it back from now on."""
        own = run.obj.metadata
        # In another cluster nothing is its home.
        local = not run.cluster.key
        prunable = (ref for ref in stale if not (local and is_home(ref, namespace=own.namespace, name=own.name)))
        doomed = list(prunable) if run.spec.prune else []
        run.cluster.resources.let_go([ref for ref in stale if ref not in doomed], run.owner)
        if run.spec.prune and len(doomed) < len(stale):
            spared = ", ".join(str(ref) for ref in stale if ref not in doomed)
            ctx.event("Warning", PRUNE_SKIPPED, f"{spared} not pruned: this Kustomization itself, or its namespace")
        if not doomed:
            return ssa.ChangeSet()
        self._check_extent(ctx, run, len(doomed))
        # Deleting is for good: nothing is deleted for a spec that holds no longer, were the watch late or cut.
        await ctx.confirm()
        return await run.cluster.resources.prune(doomed, run.owner, actor=run.actor)

    def _check_extent(self, ctx: runtime.Context[Any], run: Run, doomed: int) -> None:
        """Stall where too much would go at once. What was applied stays, and all that was booked stays booked."""
        inventory = run.inventory.plus(run.changes.refs())
        try:
            why = self._guard.refusal(ctx.object, doomed=doomed, booked=len(run.inventory), built=len(run.changes))
        except guarding.InvalidLimit as error:
            why = f"annotation {guarding.ANNOTATION}: {error}"
        if why:
            ctx.status["inventory"] = inventory.to_status()
            raise runtime.Stalled(PRUNE_REFUSED, f"nothing is pruned: {why}", metadata=run.metadata)

    def _tell_unreadable(self, ctx: runtime.Context[Any], run: Run) -> None:
        for spelled in ssa.Inventory.unreadable(run.status.get("inventory")):
            ctx.event("Warning", PRUNE_SKIPPED, f"inventory entry {spelled!r} cannot be read and is dropped")
