"""What several steps say in the same words: history entries, tokens, texts."""

from __future__ import annotations

from typing import Any, Final

from sluice import runtime
from sluice_controllers.kustomize import histories
from sluice_controllers.kustomize.values import ORIGIN_REVISION, REVISION, Run

PENDING: Final = "Reconciliation in progress"

_STARTED: Final = "started"


def begin(ctx: runtime.Context[Any], run: Run) -> None:
    """Work on this revision and generation begins, or goes on after a wait."""
    key = (run.revision, ctx.generation)
    begun = ctx.memory.get(_STARTED)
    if begun is None or begun[0] != key:
        ctx.memory[_STARTED] = (key, ctx.clock.monotonic() - ctx.elapsed)


def elapsed(ctx: runtime.Context[Any]) -> float:
    """Seconds since the work began, waits and earlier passes included."""
    begun = ctx.memory.get(_STARTED)
    return float(ctx.clock.monotonic() - begun[1]) if begun else ctx.elapsed


def ended(ctx: runtime.Context[Any]) -> None:
    """The work came to an end, well or not; the next pass begins anew."""
    ctx.memory.pop(_STARTED, None)


def record(ctx: runtime.Context[Any], run: Run, status: str) -> None:
    """Add the outcome to the history."""
    assert run.built is not None
    names = {REVISION: "revision", ORIGIN_REVISION: "originRevision"}
    ctx.status["history"] = histories.upsert(
        ctx.status.get("history") or (),
        digest=run.built.digest,
        status=status,
        seconds=elapsed(ctx),
        now=ctx.clock.now(),
        metadata={names[key]: value for key, value in run.metadata.items()},
    )
    ended(ctx)
