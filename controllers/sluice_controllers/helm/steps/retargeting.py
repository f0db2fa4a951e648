"""A HelmRelease that means another release by now: the one that it meant before is uninstalled first."""

from __future__ import annotations

from typing import Any

from sluice import runtime
from sluice.helm.releases import naming
from sluice_controllers.helm import uninstalling
from sluice_controllers.helm.acting import Actions
from sluice_controllers.helm.booking import Book
from sluice_controllers.helm.values import Run


class Retargeting:
    """Uninstalls what is not meant any more."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def retarget(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Go on when no release is left but the one that is meant, or none."""
        book = Book(ctx, run)
        changed = _changed(ctx, run, book)
        if not changed:
            return run
        ctx.log.info("the release is another one by now, the one before is uninstalled", changed=changed)
        await uninstalling.uninstall(ctx, run, self._actions)
        book.clear_release()
        book.clear_failures()
        # So that nobody looks for it again, whatever happens from here on.
        await ctx.publish()
        return run


def _changed(ctx: runtime.Context[Any], run: Run, book: Book) -> str:
    """What tells the release from the one that is remembered; "" when nothing does."""
    storage, history = ctx.status.get("storageNamespace"), book.history
    assert run.chart is not None
    if not storage or not history:
        return ""
    current, upgrade = history[0], run.spec.upgrade
    if run.storage_namespace != storage:
        return "storage namespace"
    if run.release_namespace != current.namespace:
        return "release namespace"
    if naming.shortened(run.release_name) != current.name:
        return "release name"
    in_place = upgrade is not None and upgrade.chart_name_change_strategy == "InPlaceUpdate"
    return "chart name" if run.chart.name != current.chart_name and not in_place else ""
