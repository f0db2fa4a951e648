"""The events of a source's success: of a new artifact, of a recovery, and of nothing new."""

from __future__ import annotations

from typing import Any

from sluice import runtime
from sluice_api import source
from sluice_api.source.v1 import Artifact
from sluice_controllers.source import conditions

Notes = tuple[runtime.EventNote, ...]


def news(ctx: runtime.Context[Any], artifact: Artifact, told: str, *failures: str) -> Notes:
    """What is told of another artifact than before, or of one that is had after one of these failures."""
    before = (ctx.object.get("status") or {}).get("artifact") or {}
    metadata = {f"{source.GROUP}/revision": artifact.revision, f"{source.GROUP}/digest": artifact.digest}
    if artifact.digest != before.get("digest"):
        return (runtime.EventNote(reason="NewArtifact", message=told, metadata=metadata),)
    if has_recovered(ctx, *failures):
        return (runtime.EventNote(reason="Succeeded", message=told, metadata=metadata),)
    return ()


def no_news(
    ctx: runtime.Context[Any], artifact: Artifact, *failures: str, reason: str = "ArtifactUpToDate", text: str = ""
) -> Notes:
    """What is told of a pass that found nothing new: after a failure, or when the spec has changed.

    Who asked by annotation is answered in the status: an event for each would be all the work that there is.
    """
    if not has_recovered(ctx, *failures) and ctx.generation == ctx.observed_generation:
        return ()
    message = text or f"artifact up-to-date with remote revision: '{artifact.revision}'"
    return (runtime.EventNote(type="Trace", reason=reason, message=message),)


def has_recovered(ctx: runtime.Context[Any], *failures: str) -> bool:
    """Whether the pass before this one ended in one of these failures."""
    return conditions.has_failed(ctx.object.get("status") or {}, *failures)
