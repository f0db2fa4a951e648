"""Definitions and classes have to be current before what needs them is applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sluice import aio, kube, runtime, ssa
from sluice.appliers import clusters, judging
from sluice.ssa import health
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle
from sluice_controllers.kustomize.values import Run

_SECONDS: Final = 60.0
"""How long a stage may take, as with Flux, whatever `spec.timeout` says."""
_PATIENCE: Final = 1.0
"""How long a pass waits itself, at first: the usual wait is for a CRD, some milliseconds. Then a watch wakes it."""
_BLIND_SECONDS: Final = 5.0
"""How soon to look again at what no watch tells."""

_BEGUN: Final = "stage"
_CURRENT: Final = "staged"


class StageFailed(Exception):
    """Objects of a stage are not, or will never be, current; the text is Flux's, with the reasons."""


async def settle(ctx: runtime.Context[Any], run: Run, refs: Sequence[kube.ObjectRef]) -> None:
    """Return when these are current, by the rules of their kinds or by the expressions of the spec.

    What was current once, and is still as it was applied, is not looked at again.

    Raises:
        StageFailed: all that is left has failed, or it takes too long.
        Waiting: it takes a while; a watch brings the next pass.
    """
    rules = judging.Rules(run.spec.health_check_exprs or (), tenant=ctx.namespace)
    known = ctx.memory.setdefault(_CURRENT, {})
    states = {ref: _state(run, rules, ref) for ref in refs}
    unsure = [ref for ref, state in states.items() if state is not None and known.get(ref) != state]
    if not unsure:
        return
    await run.cluster.readiness.follow(clusters.staging(run.owner), unsure, need=rules.need)
    if await _lasting(ctx, run, rules, unsure):
        # Only now: what has settled, and goes on changing, need not bring another pass.
        for ref in unsure:
            ctx.subscribe(run.cluster.token(ref))
        left = await _left(ctx, run, rules, unsure)
        if left:
            _wait_or_fail(ctx, run, left)
    known.update({ref: states[ref] for ref in unsure})
    ctx.memory.pop(_BEGUN, None)
    run.cluster.readiness.release(clusters.staging(run.owner))


def _state(run: Run, rules: judging.Rules, ref: kube.ObjectRef) -> tuple[Any, ...] | None:
    """What the verdict about an object depends on, but for its status; None when being there is enough of it."""
    record = run.cluster.resources.memory.get(ssa.Identity.of_ref(ref))
    if record is None or record.action is ssa.Action.SKIPPED or rules.need(ref) is ssa.Extent.PRESENCE:
        return None
    return rules.find(ref), record.resource_version


async def _lasting(ctx: runtime.Context[Any], run: Run, rules: judging.Rules, refs: Collection[kube.ObjectRef]) -> bool:
    """Whether some are not current after a moment."""
    deadline = ctx.clock.monotonic() + (_PATIENCE if _BEGUN not in ctx.memory else 0.0)
    while True:
        turn = run.cluster.readiness.turn
        left = await _left(ctx, run, rules, refs)
        remaining = deadline - ctx.clock.monotonic()
        if remaining <= 0 or all(one.done for one in left.values()):
            return bool(left)
        try:
            await aio.within(ctx.clock, remaining, turn.wait())
        except TimeoutError:
            return True


async def _left(
    ctx: runtime.Context[Any], run: Run, rules: judging.Rules, refs: Collection[kube.ObjectRef]
) -> dict[kube.ObjectRef, health.Health]:
    """Those that are not current, and how they are."""
    found = {ref: await run.cluster.judge.judge(ctx.memory, rules, ref) for ref in refs}
    return {ref: one for ref, one in found.items() if one.status is not health.Status.CURRENT}


def _wait_or_fail(ctx: runtime.Context[Any], run: Run, left: Mapping[kube.ObjectRef, health.Health]) -> None:
    told = ", ".join(judging.told(ref, one) for ref, one in left.items())
    if all(one.status is health.Status.FAILED for one in left.values()):
        ctx.memory.pop(_BEGUN, None)
        raise StageFailed(f"failed early due to stalled resources: [{told}]")
    remaining = _since(ctx, run) + _SECONDS - ctx.clock.monotonic()
    if remaining <= 0:
        ctx.memory.pop(_BEGUN, None)
        raise StageFailed(f"timeout waiting for: [{told}]")
    blind = any(one.status is health.Status.UNKNOWN for one in left.values())
    after = min(remaining, _BLIND_SECONDS) if blind else remaining
    raise runtime.Waiting(names.PROGRESSING, chronicle.PENDING, ready="Unknown", after=after, event=None)


def _since(ctx: runtime.Context[Any], run: Run) -> float:
    """When the wait began: another revision or generation begins another one."""
    key = (run.revision, ctx.generation)
    begun = ctx.memory.get(_BEGUN)
    if begun is None or begun[0] != key:
        begun = ctx.memory[_BEGUN] = (key, ctx.clock.monotonic())
    return float(begun[1])
