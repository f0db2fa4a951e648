"""Step 7: the inventory, and what has left it."""

from __future__ import annotations

import dataclasses
from typing import Any

from sluice import runtime, ssa
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, values
from sluice_controllers.kustomize.values import PRUNE_FAILED, Run


class Pruning:
    """Keeps the inventory, and deletes what left it."""

    def __init__(self, manager: ssa.ResourceManager) -> None:
        self._manager = manager

    async def prune(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Write the new inventory; delete what only the old one has, if the spec says so."""
        inventory = ssa.Inventory.of(run.changes.refs())
        stale = run.inventory.without(inventory)
        try:
            pruned = await self._manager.prune(stale, run.owner) if run.spec.prune else ssa.ChangeSet()
        except ssa.PruneFailed as failed:
            # What is left stays booked, so that the next pass tries again.
            ctx.status["inventory"] = inventory.plus(failed.survivors).to_status()
            chronicle.record(ctx, run, PRUNE_FAILED)
            after = values.retry_interval(run.obj)
            raise runtime.Transient(PRUNE_FAILED, str(failed), after=after, metadata=run.metadata) from None
        ctx.status["inventory"] = inventory.to_status()
        if len(pruned):
            ctx.event("Normal", names.PROGRESSING, str(pruned), run.metadata)
            ctx.log.info("garbage collection completed", output=pruned.by_subject(), revision=run.revision)
        return dataclasses.replace(run, pruned=pruned)
