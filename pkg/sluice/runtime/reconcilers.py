"""What a controller author writes: a kind, a tuple of steps, what success means, and what deletion takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sluice.runtime.contexts import Context
from sluice.runtime.errors import EventType
from sluice.runtime.kinds import Kind, M

Step = Callable[[Context[Any], Any], Awaitable[Any]]
"""`async step(ctx, value) -> value`: what one step returns the next receives; the first receives `ctx.parsed`.

A step is named by its function; it either returns or raises one of `errors`. It never sets Ready.
"""


@dataclass(frozen=True)
class Done:
    """Returned by a step that finds nothing left to do: the later steps are skipped, `value` goes to `succeed`."""

    value: Any


@dataclass(frozen=True, kw_only=True)
class EventNote:
    """An event to emit once the status that it tells of has been written."""

    type: EventType = "Normal"
    reason: str
    message: str
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Success:
    """How a pass ends well: Ready=True, generation observed, Reconciling, Stalled and negative conditions removed."""

    interval: float | None
    """Seconds until the next routine pass, jittered by the controller; None, or 0 as with Flux: none."""

    reason: str = "Succeeded"
    message: str = ""
    """Ready's reason and message. Kinds with a summary take them from their conditions instead."""

    events: tuple[EventNote, ...] = ()
    log: Mapping[str, Any] | None = None
    """Keys to log with the end of the pass."""


class Reconciler(Protocol[M]):
    """One kind's behaviour. It is constructed with whatever it needs (clients, pools, …); the context carries none."""

    @property
    def kind(self) -> Kind[M]:
        """What it reconciles."""

    @property
    def steps(self) -> Sequence[Step]:
        """The work, in order."""

    def succeed(self, ctx: Context[M], value: Any) -> Success:
        """Turn the last step's value into what is told to the world. Pure: may set conditions and status, no I/O."""

    async def finalize(self, ctx: Context[M]) -> None:
        """Undo what was done, before the finalizer is removed. Also called when suspended; must be safe to repeat.

        Raise an outcome to keep the object: `Waiting` until something is gone, `Transient` to try again.
        """
