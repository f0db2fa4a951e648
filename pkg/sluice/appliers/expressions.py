"""Tenants' CEL expressions, judged in a process of their own that is limited in time and memory.

The process starts with the first expression. One that goes beyond its limits is left alone for a while, so that no
expression keeps others waiting; each time it does so again, for twice as long. Of those that wait, the one whose tenant
(namespace) has used least of the process comes first. What was judged once is not judged again until an object changes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, TypeVarTuple

from sluice import aio, cel, runtime
from sluice.appliers.turns import Busy, Turns

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MISCONFIGURED: Final = "Reconciliation failed terminally due to configuration error"
"""How messages begin that tell of an expression which is none."""

Variables = tuple[str, ...] | None
"""The names that an expression may use, each an object; None: the fields of the object that it judges."""

_SECONDS: Final = 2.0
_MEMORY: Final = 192 << 20
_BARRED_SECONDS: Final = 60.0
_MOST_BARRED_SECONDS: Final = 3600.0
_REMEMBERED: Final = 4096


@dataclass(frozen=True)
class _Bar:
    """Why, until when, and for how many seconds an expression is left alone."""

    text: str
    until: float
    seconds: float


class Expressions:
    """Checks and judges expressions."""

    def __init__(self, tasks: aio.TaskOwner, clock: aio.Clock) -> None:
        self._tasks = tasks
        self._clock = clock
        self._turns = Turns(clock)
        self._pool: asyncio.Future[aio.WorkerPool] | None = None
        self._checked: OrderedDict[tuple[str, Variables], str] = OrderedDict()
        self._judged: OrderedDict[Hashable, int] = OrderedDict()
        self._barred: dict[tuple[str, ...], _Bar] = {}

    @property
    def restarts(self) -> int:
        """How often the process had to be replaced."""
        return self._pool.result().restarts if self._pool is not None and self._pool.done() else 0

    async def check(self, expression: str, variables: Variables, *, tenant: str) -> None:
        """See that it is one that says true or false; asked once for each.

        Raises:
            CompileError: it is none, in Flux's words.
            EvaluationError: it cannot be said within the limits.
            Postponed: the tenant has used too much lately.
        """
        key = (expression, variables)
        if key not in self._checked:
            try:
                await self._limited(tenant, (expression,), cel.check, expression, variables)
                self._checked[key] = ""
            except cel.CompileError as error:
                self._checked[key] = str(error)
            _bound(self._checked)
        if self._checked[key]:
            raise cel.CompileError(self._checked[key])

    async def first_true(
        self, expressions: Sequence[str], values: Mapping[str, Any], variables: Variables, *, tenant: str
    ) -> int:
        """Which of the expressions is the first that holds; -1 if none does.

        Raises:
            CompileError: one is none.
            EvaluationError: one has no answer, or goes beyond its limits; in Flux's words.
            Postponed: the tenant has used too much lately.
        """
        expressions = tuple(expressions)
        state = _state(values, variables)
        if state is None:
            return await self._limited(tenant, expressions, cel.first_true, expressions, values, variables)
        key = (expressions, variables, state)
        if key not in self._judged:
            found = await self._limited(tenant, expressions, cel.first_true, expressions, values, variables)
            self._judged[key] = found
            _bound(self._judged)
        return self._judged[key]

    async def _limited(
        self, tenant: str, expressions: tuple[str, ...], function: Callable[[*Ts], T], *arguments: *Ts
    ) -> T:
        bar = self._barred.get(expressions)
        if bar is not None and self._clock.monotonic() < bar.until:
            raise cel.EvaluationError(bar.text)
        pool = await self._workers()
        try:
            async with self._turns.turn(tenant):
                return await pool.run(function, *arguments, timeout=_SECONDS, repeatable=True)
        except Busy:
            raise runtime.Postponed(f"the expressions of namespace {tenant} have taken long lately") from None
        except aio.WorkerError as error:
            # Others wait while its process is replaced.
            self._turns.charge(tenant, _SECONDS)
            text = f"failed to evaluate the CEL expression '{expressions[0]}': {_why(error)}"
            self._bar(expressions, text)
            raise cel.EvaluationError(text) from None

    def _bar(self, expressions: tuple[str, ...], text: str) -> None:
        now = self._clock.monotonic()
        # One that has behaved for as long as it was left alone before is as good as new.
        self._barred = {key: bar for key, bar in self._barred.items() if bar.until + bar.seconds > now}
        before = self._barred.get(expressions)
        seconds = min(before.seconds * 2, _MOST_BARRED_SECONDS) if before is not None else _BARRED_SECONDS
        self._barred[expressions] = _Bar(text, now + seconds, seconds)

    async def _workers(self) -> aio.WorkerPool:
        if self._pool is None:
            self._pool = asyncio.get_running_loop().create_future()
            self._tasks.spawn(self._run(self._pool), name="expressions")
        return await asyncio.shield(self._pool)

    async def _run(self, started: asyncio.Future[aio.WorkerPool]) -> None:
        async with aio.WorkerPool(1, preload=("sluice.cel.conditions",), memory_bytes=_MEMORY) as pool:
            started.set_result(pool)
            await asyncio.Event().wait()


def _bound(known: OrderedDict[Any, Any]) -> None:
    if len(known) > _REMEMBERED:
        known.popitem(last=False)


def _state(values: Mapping[str, Any], variables: Variables) -> Hashable | None:
    """What tells these objects from any others, and from what they were or will be; None when nothing does."""
    objects = [values] if variables is None else [values.get(name) or {} for name in variables]
    metas = [one.get("metadata") or {} for one in objects]
    states = tuple((meta.get("uid"), meta.get("resourceVersion")) for meta in metas)
    return states if all(uid and version for uid, version in states) else None


def _why(error: aio.WorkerError) -> str:
    match error:
        case aio.WorkerTimeout():
            return f"it takes longer than {_SECONDS:g}s"
        case aio.WorkerOutOfMemory():
            return f"it takes more than {_MEMORY >> 20} MiB of memory"
        case _:
            return "it ended the process that judged it"
