"""ArtifactGenerator: its steps, what its success tells, and what its deletion takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sluice import artifact, runtime
from sluice_api.meta import names
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator, ExternalArtifactReference
from sluice_controllers.source.artifactgenerator.externals import NAME, RESOURCE, Externals
from sluice_controllers.source.artifactgenerator.steps import generate
from sluice_controllers.source.artifactgenerator.steps.check import Check
from sluice_controllers.source.artifactgenerator.steps.compare import Compare
from sluice_controllers.source.artifactgenerator.steps.generate import Generate
from sluice_controllers.source.artifactgenerator.steps.observe import Observe
from sluice_controllers.source.artifactgenerator.values import Result
from sluice_controllers.source.informers import resource_of

_INTERVAL: Final = 3600.0
"""Seconds between two looks at what no watch tells of: files."""
_RECONCILE: Final = "source.extensions.fluxcd.io/reconcile"


def _is_disabled(obj: Mapping[str, Any]) -> bool:
    annotations = obj["metadata"].get("annotations") or {}
    return str(annotations.get(_RECONCILE, "")).lower() == "disabled"


KIND = runtime.Kind(
    resource=resource_of(ArtifactGenerator),
    model=ArtifactGenerator,
    controller=NAME,
    finalizer="source.extensions.fluxcd.io/finalizer",
    suspends=_is_disabled,
    observes=False,
)


class ArtifactGeneratorReconciler:
    """Keeps the ExternalArtifacts of a generator equal to what its rules make of its sources."""

    kind = KIND

    def __init__(
        self, storage: artifact.Storage, made: Externals, check: Check, observe: Observe, making: Generate
    ) -> None:
        self._storage = storage
        self._externals = made
        self.steps: tuple[runtime.Step, ...] = (check, observe, Compare(storage, made), making)

    def succeed(self, ctx: runtime.Context[ArtifactGenerator], value: Result) -> runtime.Success:
        """Tell of what is new; of nothing new only to who asked."""
        message = f"reconciliation succeeded, generated {len(value.inventory)} artifact(s)"
        events = _news(ctx, value, message) if value.revisions else _no_news(ctx, value)
        return runtime.Success(interval=_INTERVAL, message=message, events=events)

    async def finalize(self, ctx: runtime.Context[ArtifactGenerator]) -> None:
        """Delete the ExternalArtifacts that are the generator's, and their files."""
        generator = ctx.parsed
        known = {each.name for each in generator.status.inventory or ()}
        for name in sorted(known | self._externals.names_of(generator)):
            await generate.remove(ctx, self._externals, self._storage, generator, name)


def _news(ctx: runtime.Context[Any], value: Result, message: str) -> tuple[runtime.EventNote, ...]:
    before = {(each["name"], each["digest"]) for each in (ctx.object.get("status") or {}).get("inventory") or ()}
    changed = [each for each in value.inventory if (each.name, each.digest) not in before]
    notes = [_trace(f"{_shown(each)} reconciled with revision {value.revisions[each.name]}") for each in changed]
    notes.append(_trace(message))
    if changed:
        told = "\n".join(f"{each.namespace}/{each.name} ({each.digest})" for each in changed)
        notes.append(runtime.EventNote(reason=names.READY, message=f"external artifacts reconciled: {told}"))
    return tuple(notes)


def _no_news(ctx: runtime.Context[Any], value: Result) -> tuple[runtime.EventNote, ...]:
    if ctx.requested_at is None:
        return ()
    return (_trace(f"No drift detected, {len(value.inventory)} artifact(s) up to date"),)


def _trace(message: str) -> runtime.EventNote:
    return runtime.EventNote(type="Trace", reason=names.READY, message=message)


def _shown(reference: ExternalArtifactReference) -> str:
    return f"{RESOURCE.kind}/{reference.namespace}/{reference.name}"
