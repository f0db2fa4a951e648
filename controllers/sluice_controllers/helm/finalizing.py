"""What becomes of the release, and of the HelmChart, when their HelmRelease is deleted."""

from __future__ import annotations

import dataclasses
from typing import Final

from sluice import kube, runtime
from sluice.appliers import clusters, routes
from sluice.appliers.objects import watcher
from sluice.appliers.tenancy import Tenancy
from sluice_api.helm import v2 as helmv2
from sluice_controllers.helm import uninstalling, wording
from sluice_controllers.helm.acting import Actions
from sluice_controllers.helm.booking import Book
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.steps.charting import Charting
from sluice_controllers.helm.values import Run

_FAILED: Final = wording.FAILED[Action.UNINSTALL]


class Finalizing:
    """Undoes what was done for a HelmRelease under deletion; nothing of one that is suspended."""

    def __init__(self, actions: Actions, charting: Charting, known: clusters.Clusters, tenancy: Tenancy) -> None:
        self._actions = actions
        self._charting = charting
        self._clusters = known
        self._tenancy = tenancy

    async def finalize(self, ctx: runtime.Context[helmv2.HelmRelease]) -> None:
        """Return when the finalizer may go. Repeated until then; what is gone is not looked for again."""
        obj = ctx.parsed
        local = self._clusters.local
        run = Run(obj=obj, status=obj.status, cluster=local, actor=self._tenancy.actor(ctx.object))
        local.readiness.release(watcher(run.owner))
        if obj.spec is not None and not obj.spec.suspend:
            await self._uninstall(ctx, run)
            await self._charting.remove_all(ctx, run)
        self._actions.forget(run)
        self._clusters.rest(run.owner)

    async def _uninstall(self, ctx: runtime.Context[helmv2.HelmRelease], run: Run) -> None:
        if not ctx.status.get("storageNamespace"):
            return
        try:
            if run.spec.kube_config is None and await self._tenancy.is_gone(ctx.object):
                ctx.log.error("nothing is uninstalled, the account to impersonate is gone")
                return
            cluster = await self._clusters.of(run.owner, run.spec.kube_config, ctx.subscribe)
        except routes.Missing as error:
            ctx.log.error("nothing is uninstalled, there is no way to the cluster", error=str(error))
            return
        except (routes.Unreachable, kube.KubeError) as error:
            text = f"failed to build REST client getter to uninstall release: {error}"
            raise runtime.Transient(_FAILED, text, event=None) from None
        run = dataclasses.replace(run, cluster=cluster)
        await uninstalling.uninstall(ctx, run, self._actions)
        Book(ctx, run).clear_release()
