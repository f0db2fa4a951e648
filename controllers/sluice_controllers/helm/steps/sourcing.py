"""The object that has the chart: as ready as it must be."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any, Final

from sluice import kube, runtime
from sluice.appliers.sources import SourceKey, SourceNotFound, Sources, artifact_state
from sluice.helm.releases import naming
from sluice_api.meta import names
from sluice_controllers.helm import wording
from sluice_controllers.helm.values import Run

HELM_CHART: Final = "HelmChart"
EXTERNAL_ARTIFACT: Final = "ExternalArtifact"


class Sourcing:
    """Finds the source, or waits until it is ready."""

    def __init__(self, sources: Sources, *, cross_namespace: bool, external: bool, requeue: float) -> None:
        self._sources = sources
        self._cross_namespace = cross_namespace
        self._external = external
        self._requeue = requeue

    async def find_source(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the source. Woken by any change of what is said of it here, so that nothing is asked for in between."""
        key = source_of(ctx.object)
        assert key is not None
        authorise(key, run.owner.namespace, cross_namespace=self._cross_namespace)
        if key.kind == EXTERNAL_ARTIFACT and not self._external:
            text = f"can't access '{key.kind}/{key.namespace}/{key.name}', {key.kind} feature gate is disabled"
            raise runtime.Stalled(names.ACCESS_DENIED, text)
        try:
            found = await self._sources.find(key)
        except SourceNotFound as missing:
            text = f"could not get Source object: {missing}"
            raise runtime.Waiting(wording.ARTIFACT_FAILED, text, after=self._requeue, event=None) from None
        except (kube.KubeError, TimeoutError) as error:
            text = f"could not get Source object: {error}"
            raise runtime.Transient(wording.ARTIFACT_FAILED, text, event=None) from None
        finally:
            # Not before: the first one who asks waits for a listing that tells of every source. What was read is what
            # the watch shows at this moment, so no change is missed.
            ctx.subscribe(key.token)
        if lacking := unready(found):
            text = f"{key.kind} '{key.namespace}/{key.name}' is not ready: {lacking}"
            raise runtime.Waiting(wording.SOURCE_NOT_READY, text, after=self._requeue, event=None)
        return dataclasses.replace(run, source=found)


def source_of(obj: kube.Object) -> SourceKey | None:
    """The source of a HelmRelease's chart: what it refers to, or the HelmChart that is made for it; None without."""
    spec, own = obj.get("spec") or {}, obj["metadata"]["namespace"]
    if ref := spec.get("chartRef"):
        return SourceKey(kind=ref["kind"], namespace=ref.get("namespace") or own, name=ref["name"])
    return made_for(obj)


def made_for(obj: kube.Object) -> SourceKey | None:
    """The HelmChart that is made for a HelmRelease; None for one without a template."""
    spec, own = obj.get("spec") or {}, obj["metadata"]["namespace"]
    if not (template := spec.get("chart")):
        return None
    namespace = template["spec"]["sourceRef"].get("namespace") or own
    return SourceKey(kind=HELM_CHART, namespace=namespace, name=naming.chart_name(own, obj["metadata"]["name"]))


def authorise(key: SourceKey, namespace: str, *, cross_namespace: bool) -> None:
    """Refuse a source in another namespace where those are not to be referred to; raises Stalled."""
    if not cross_namespace and key.namespace != namespace:
        what = f"cannot access {key.kind} {key.namespace}/{key.name}"
        raise runtime.Stalled(names.ACCESS_DENIED, f"cross-namespace references are not allowed: {what}")


def state(obj: Mapping[str, Any]) -> Hashable:
    """All of a source that counts for a HelmRelease."""
    return artifact_state(obj), unready(obj)


def unready(obj: Mapping[str, Any]) -> str:
    """Why a source is not to be used, "" if it is. Of an ExternalArtifact only the artifact counts."""
    status = obj.get("status") or {}
    told = {each.get("type"): each for each in status.get("conditions") or ()}
    ready, stalled = told.get(names.READY) or {}, told.get(names.STALLED) or {}
    lacks = "" if status.get("artifact") else "does not have an artifact"
    if obj.get("kind") == EXTERNAL_ARTIFACT:
        return lacks
    if obj["metadata"].get("generation") != status.get("observedGeneration"):
        text = ready.get("message") if ready.get("status") == "False" else ""
        return text or "latest generation of object has not been reconciled"
    if stalled.get("status") == "True":
        return str(stalled.get("message") or "stalled")
    return lacks
