"""The artifacts of other GitRepositories that become part of this one's."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any, Literal

from sluice import artifact, kube, runtime
from sluice.runtime import conditions, waking
from sluice_api.meta import names
from sluice_api.source.v1 import Artifact, GitRepository
from sluice_controllers.source import keeping
from sluice_controllers.source.conditions import INCLUDE_UNAVAILABLE
from sluice_controllers.source.gitrepository.values import Request

_artifact_changed = waking.field_changed("status", "artifact")


def tokens_of(event: kube.Event) -> list[Hashable]:
    """What is notified of a change of a GitRepository: who includes it, when it has another artifact."""
    metadata = event.object["metadata"]
    return [_token(metadata.get("namespace") or "", metadata["name"])] if _artifact_changed(event) else []


def _token(namespace: str, name: str) -> Hashable:
    return ("artifact", namespace, name)


class Include:
    """Waits until everything that is included has an artifact; woken by any change of one. Costs no request.

    Sets IncludeUnavailable (NotFound, NoArtifact, IncludeCycle) while it waits.
    """

    def __init__(self, store: kube.Store, storage: artifact.Storage, *, requeue: float) -> None:
        self._store = store
        self._storage = storage
        self._requeue = requeue

    async def __call__(self, ctx: runtime.Context[GitRepository], request: Request) -> Request:
        """Add the included artifacts."""
        wanted = [each.repository.name for each in request.source.spec.include or ()]
        for name in wanted:
            ctx.subscribe(_token(ctx.namespace, name))
        found = tuple(self._artifact(ctx, name) for name in wanted)
        ctx.clear_condition(INCLUDE_UNAVAILABLE)
        if [_identity(each) for each in found] != [_identity(each) for each in _observed(ctx)]:
            ctx.progress("building artifact: included artifacts differ from last observed includes", drifted=True)
            request = dataclasses.replace(request, known="")
        if not request.known:
            self._await_files(ctx, dict(zip(wanted, found, strict=True)))
        return dataclasses.replace(request, included=found)

    def _await_files(self, ctx: runtime.Context[GitRepository], found: Mapping[str, Artifact]) -> None:
        """After a restart with an empty storage they are made again, and nobody else is told of it."""
        for name, each in found.items():
            ctx.subscribe(keeping.arrival_of(each.path))
            if not self._storage.has(each):
                raise self._waiting("NoArtifact", f"no artifact available for include '{name}'", news=False)

    def _artifact(self, ctx: runtime.Context[GitRepository], name: str) -> Artifact:
        found = self._store.get(ctx.namespace, name)
        if found is None:
            missing = f'{ctx.kind.resource.kind}.{ctx.kind.resource.group} "{name}" not found'
            raise self._waiting("NotFound", f"could not get resource for include '{name}': {missing}")
        if way := self._way(ctx.namespace, name, ctx.name, frozenset()):
            # Each would wake the other for ever, with an artifact that has grown by the other's.
            text = " -> ".join((ctx.name, *way))
            raise self._waiting("IncludeCycle", f"include '{name}' leads back to this repository: {text}")
        status = found.get("status") or {}
        if "artifact" not in status:
            # One that is on its way is no news: whoever applies both at once would be told each time.
            raise self._waiting("NoArtifact", f"no artifact available for include '{name}'", news=_has_failed(status))
        return Artifact.model_validate(status["artifact"])

    def _waiting(self, reason: str, message: str, *, news: bool = True) -> runtime.Waiting:
        event: Literal["Trace"] | None = "Trace" if news else None
        return runtime.Waiting(reason, message, after=self._requeue, condition=INCLUDE_UNAVAILABLE, event=event)

    def _way(self, namespace: str, start: str, goal: str, seen: frozenset[str]) -> tuple[str, ...]:
        """The names from `start` to `goal` along includes; none if there is no such way."""
        if start == goal:
            return (start,)
        found = self._store.get(namespace, start) if start not in seen else None
        for each in ((found or {}).get("spec") or {}).get("include") or ():
            if way := self._way(namespace, each["repository"]["name"], goal, seen | {start}):
                return (start, *way)
        return ()


def _has_failed(status: Mapping[str, Any]) -> bool:
    ready = conditions.find(status.get("conditions") or (), names.READY)
    return ready is not None and ready["status"] == "False"


def _observed(ctx: runtime.Context[Any]) -> list[Artifact]:
    return [Artifact.model_validate(each) for each in ctx.status.get("includedArtifacts") or ()]


def _identity(included: Artifact) -> tuple[str, str]:
    return included.revision, included.digest


def record(ctx: runtime.Context[Any], included: tuple[Artifact, ...]) -> None:
    """Note which artifacts the new one holds."""
    if included:
        ctx.status["includedArtifacts"] = [each.model_dump(by_alias=True, exclude_none=True) for each in included]
    else:
        ctx.status.pop("includedArtifacts", None)
