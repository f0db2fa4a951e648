"""The HelmChart of `spec.chart`: made as the template says, and deleted when it is not asked for any more."""

from __future__ import annotations

from typing import Any, Final

from sluice import kube, runtime
from sluice.appliers.sources import SourceKey, SourceNotFound, Sources
from sluice_controllers.helm import helmcharts, wording
from sluice_controllers.helm.helmcharts import HelmCharts
from sluice_controllers.helm.steps import sourcing
from sluice_controllers.helm.values import Run

_STATUS: Final = "helmChart"
_APPLIED: Final = "helm chart"
_SYNC_ERROR: Final = "HelmChartSyncErr"
_DELETED: Final = "HelmChartDeleted"


class Charting:
    """Keeps HelmCharts."""

    def __init__(self, charts: HelmCharts, sources: Sources, *, cross_namespace: bool) -> None:
        self._charts = charts
        self._sources = sources
        self._cross_namespace = cross_namespace

    async def keep_chart(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """See that there is the HelmChart of the template, and no other that was made before."""
        key = sourcing.made_for(ctx.object)
        named = f"{key.namespace}/{key.name}" if key else ""
        before = ctx.status.get(_STATUS) or ""
        if before and before != named:
            await self._delete(ctx, run, before)
            del ctx.status[_STATUS]
        if key is not None:
            sourcing.authorise(key, run.owner.namespace, cross_namespace=self._cross_namespace)
            await self._put(ctx, run, key)
            if before != named:
                ctx.status[_STATUS] = named
        return run

    async def remove_all(self, ctx: runtime.Context[Any], run: Run) -> None:
        """Delete what was made for a HelmRelease that is being deleted: also what the status does not know of yet."""
        named = {ctx.status.get(_STATUS) or ""}
        if (key := sourcing.made_for(ctx.object)) is not None:
            named.add(f"{key.namespace}/{key.name}")
        for each in sorted(named - {""}):
            await self._delete(ctx, run, each)
        ctx.memory.pop(_APPLIED, None)

    async def _put(self, ctx: runtime.Context[Any], run: Run, key: SourceKey) -> None:
        wanted = helmcharts.wanted(run.obj)
        try:
            seen = await self._seen(key)
            if seen is not None and ctx.memory.get(_APPLIED) == wanted and helmcharts.includes(seen, wanted):
                return
            action = await self._charts.put(wanted, seen)
        except (kube.KubeError, TimeoutError) as error:
            raise self._failed(ctx, f"failed to run server-side apply: {error}") from None
        except helmcharts.Foreign as error:
            raise self._failed(ctx, str(error)) from None
        ctx.memory[_APPLIED] = wanted
        if word := _WORDS.get(action.value):
            source = wanted["spec"]["sourceRef"]
            where = f"{wanted['kind']}/{key.namespace}/{key.name}"
            text = f"{word} {where} with SourceRef '{source['kind']}/{key.namespace}/{source['name']}'"
            ctx.trace(f"HelmChart{word}", text)

    async def _seen(self, key: SourceKey) -> kube.Object | None:
        try:
            return await self._sources.find(key)
        except SourceNotFound:
            return None

    async def _delete(self, ctx: runtime.Context[Any], run: Run, named: str) -> None:
        namespace, _, name = named.partition("/")
        try:
            deleted = await self._charts.remove(namespace, name, run.owner)
        except kube.KubeError as error:
            text = f"failed to delete HelmChart '{named}': {error}"
            raise runtime.Transient(wording.ARTIFACT_FAILED, text, event=None) from None
        if deleted:
            ctx.trace(_DELETED, f"deleted HelmChart '{named}'")

    def _failed(self, ctx: runtime.Context[Any], text: str) -> runtime.Transient:
        ctx.trace(_SYNC_ERROR, text)
        return runtime.Transient(wording.ARTIFACT_FAILED, text, event=None)


_WORDS: Final = {"created": "Created", "configured": "Configured"}
