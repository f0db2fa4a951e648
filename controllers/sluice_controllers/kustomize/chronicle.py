"""What several steps say in the same words: history entries, tokens, texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sluice import runtime
from sluice_controllers.kustomize import histories
from sluice_controllers.kustomize.values import ORIGIN_REVISION, REVISION, Run

PENDING: Final = "Reconciliation in progress"

_STARTED: Final = "started"


@dataclass(kw_only=True)
class _Work:
    """What is remembered of work that takes several passes."""

    key: tuple[str, int]
    since: float
    changed: bool = False


def begin(ctx: runtime.Context[Any], run: Run) -> None:
    """Work on this revision and generation begins, or goes on after a wait."""
    key = (run.revision, ctx.generation)
    begun = _work(ctx)
    if begun is None or begun.key != key:
        ctx.memory[_STARTED] = _Work(key=key, since=ctx.clock.monotonic() - ctx.elapsed)


def elapsed(ctx: runtime.Context[Any]) -> float:
    """Seconds since the work began, waits and earlier passes included."""
    begun = _work(ctx)
    return ctx.clock.monotonic() - begun.since if begun else ctx.elapsed


def changes(ctx: runtime.Context[Any]) -> None:
    """The work has changed something in the cluster."""
    if (begun := _work(ctx)) is not None:
        begun.changed = True


def has_changed(ctx: runtime.Context[Any]) -> bool:
    """Whether the work has changed anything, in this pass or in an earlier one."""
    begun = _work(ctx)
    return begun is not None and begun.changed


def _work(ctx: runtime.Context[Any]) -> _Work | None:
    begun: _Work | None = ctx.memory.get(_STARTED)
    return begun


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
