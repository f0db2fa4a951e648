"""The source of the chart, and its artifact: what the watches know of them, without a request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from sluice import artifact, kube, runtime
from sluice.runtime import conditions
from sluice_api.meta import names
from sluice_api.source.v1 import Artifact, HelmChart, HelmRepository
from sluice_controllers.source import keeping
from sluice_controllers.source.conditions import ARTIFACT_IN_STORAGE
from sluice_controllers.source.helmchart import failures
from sluice_controllers.source.helmchart.values import Request

REPOSITORY: Final = "HelmRepository"
_WAITING: Final = "waiting for an artifact since"


def tokens_of(kind: str) -> Callable[[kube.Event], list[Hashable]]:
    """What is notified of a change of a source of this kind: its charts, when it leads to another artifact."""

    def tokens(event: kube.Event) -> list[Hashable]:
        metadata = event.object["metadata"]
        if event.kind != "DELETED" and event.old is not None and _leads(event.old) == _leads(event.object):
            return []
        return [_token(kind, metadata.get("namespace") or "", metadata["name"])]

    return tokens


class Locate:
    """Waits for the source and for its artifact; woken by either. Sets FetchFailed while it waits.

    Reasons: SourceUnavailable, NoSourceArtifact. Notes the revision that the source is at.
    """

    def __init__(self, stores: Mapping[str, kube.Store], storage: artifact.Storage) -> None:
        self._stores = stores
        self._storage = storage

    async def __call__(self, ctx: runtime.Context[HelmChart], chart: HelmChart) -> Request:
        """Look the source up."""
        reference = chart.spec.source_ref
        ctx.subscribe(_token(reference.kind, ctx.namespace, reference.name))
        found = self._stores[reference.kind].get(ctx.namespace, reference.name)
        if found is None:
            raise failures.missing_source(reference.kind, reference.name)
        repository = HelmRepository.model_validate(found) if reference.kind == REPOSITORY else None
        registry = repository is not None and repository.spec.type == "oci"
        stored = None if registry else self._artifact(ctx, chart, found)
        if stored is not None:
            ctx.status["observedSourceArtifactRevision"] = stored.revision
        return Request(chart=chart, artifact=stored, repository=repository, known=_known(ctx))

    def _artifact(self, ctx: runtime.Context[HelmChart], chart: HelmChart, source: kube.Object) -> Artifact:
        reference = chart.spec.source_ref
        status = source.get("status") or {}
        if "artifact" in status:
            stored = Artifact.model_validate(status["artifact"])
            # After a restart with an empty storage it is made again, and nobody else is told of it.
            ctx.subscribe(keeping.arrival_of(stored.path))
            if self._storage.has(stored):
                ctx.memory.pop(_WAITING, None)
                return stored
        # One that is on its way is no news, unless it takes long: whoever applies both at once would be told each time.
        since = None if _has_failed(status) else ctx.memory.setdefault(_WAITING, ctx.clock.monotonic())
        raise failures.missing_artifact(reference.kind, reference.name, since=since)


def _leads(source: kube.Object) -> tuple[Any, ...]:
    found = (source.get("status") or {}).get("artifact") or {}
    # What is said of a repository of charts says how charts are fetched, too.
    generation = source["metadata"].get("generation") if "url" in source["spec"] else None
    return found.get("revision"), found.get("digest"), generation


def _token(kind: str, namespace: str, name: str) -> Hashable:
    return ("source of charts", kind, namespace, name)


def _known(ctx: runtime.Context[HelmChart]) -> tuple[str, str] | None:
    """The package in storage, if this generation led to it: what another one led to may not be what this one wants."""
    stored = ctx.find_condition(ARTIFACT_IN_STORAGE)
    if "artifact" not in ctx.status or stored is None or stored["observedGeneration"] != ctx.generation:
        return None
    return ctx.status.get("observedChartName") or "", ctx.status["artifact"]["revision"]


def _has_failed(status: Mapping[str, Any]) -> bool:
    ready = conditions.find(status.get("conditions") or (), names.READY)
    return ready is not None and ready["status"] == "False"
