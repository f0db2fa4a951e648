"""The release itself: what state it is in, what is done about that, and how it goes on then."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sluice import kube, runtime
from sluice.helm.releases.storing import RecordError
from sluice_api import meta
from sluice_api.meta import names
from sluice_controllers.helm import asking, deciding, histories, performing, remedies, states, wording
from sluice_controllers.helm.acting import Actions
from sluice_controllers.helm.booking import REMEDIED, Book
from sluice_controllers.helm.deciding import Action, Case, Decision, Outcome
from sluice_controllers.helm.performing import Performer
from sluice_controllers.helm.states import Standing, State, StateError, Wanted
from sluice_controllers.helm.steps.fetching import Fetching
from sluice_controllers.helm.storage import Record
from sluice_controllers.helm.telling import Teller
from sluice_controllers.helm.values import Run

_QUERY: Final = "failed to retrieve last release from storage"
_UNDER_WAY: Final = {
    "pending-install": Action.INSTALL,
    "pending-upgrade": Action.UPGRADE,
    "pending-rollback": Action.ROLLBACK,
    "uninstalling": Action.UNINSTALL,
}


class Releasing:
    """Brings releases to where they are to be."""

    def __init__(self, actions: Actions, fetching: Fetching, *, retry: bool) -> None:
        """`retry`: see `deciding.Case`."""
        self._actions = actions
        self._fetching = fetching
        self._retry = retry

    async def release(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Act until nothing is left to do, or it goes on in another pass."""
        await _Pass(ctx, run, self._actions, self._fetching, retry=self._retry).go()
        return run


class _Pass:
    """The actions of one pass, each of a sort at most once."""

    def __init__(
        self, ctx: runtime.Context[Any], run: Run, actions: Actions, fetching: Fetching, *, retry: bool
    ) -> None:
        self._ctx = ctx
        self._run = run
        self._actions = actions
        self._retry = retry
        self._book = Book(ctx, run, retry=retry)
        self._teller = Teller(ctx, run, self._book)
        self._performer = Performer(ctx, run, actions, fetching, book=self._book, teller=self._teller)
        self._done: tuple[Action, ...] = ()
        self._differences: Any = None

    async def go(self) -> None:
        """Go as far as it goes."""
        last = await self._last()
        if (begun := self._begun(last)) is not None:
            last = await self._perform(Decision(action=begun, history=self._book.history), last, begun=True)
        while (decision := await self._next(last)) is not None:
            last = await self._perform(decision, last)

    async def _last(self) -> Record | None:
        try:
            run = self._run
            return await self._actions.last(run, name=run.release_name, storage=run.storage_namespace)
        except kube.KubeError as error:
            raise self._unknown(f"{_QUERY}: query: failed to query with labels: {error}") from None
        except RecordError as error:
            raise self._unknown(f"{_QUERY}: {error}") from None

    def _begun(self, last: Record | None) -> Action | None:
        """What an earlier pass has begun and this one goes on with; None when something else is wanted by now."""
        history = self._book.history
        if last is None or not history or self._run.renewed or states.mismatch(history[0], last.release):
            return None
        action = _UNDER_WAY.get(last.release.info.status)
        return None if action is Action.UNINSTALL and history[0].action != REMEDIED else action

    async def _next(self, last: Record | None) -> Decision | None:
        """What is done next; None when the pass is over."""
        state = await self._state(last)
        decision = await self._decided(state)
        self._book.remember(decision.history)
        match state.standing:
            case Standing.IN_SYNC if decision.action is None:
                self._teller.in_sync()
            case Standing.UNTESTED:
                self._teller.as_wanted()
            case Standing.DRIFTED:
                self._teller.drifted(str(self._differences))
        if decision.action is None:
            self._book.sum_up()
            return None
        outcome = deciding.may_begin(decision.action, self._done, self._case())
        if outcome is Outcome.STOP:
            return None
        if outcome is not Outcome.GO_ON:
            raise self._again(outcome)
        return decision

    async def _state(self, last: Record | None) -> State:
        run, status = self._run, self._book.status
        assert run.chart is not None
        wanted = Wanted(
            spec=run.spec,
            chart_name=run.chart.name,
            chart_version=run.chart.version,
            values=run.values,
            is_new=self._ctx.generation != self._ctx.observed_generation,
        )
        try:
            state = states.determine(last.release if last else None, status, wanted)
            drift = run.spec.drift_detection
            if state.standing is Standing.IN_SYNC and drift and drift.mode in ("enabled", "warn"):
                assert last is not None
                self._differences = await self._actions.differences(self._ctx, run, last.release)
                return State(Standing.DRIFTED) if self._differences else state
        except StateError as error:
            raise self._unknown(str(error)) from None
        except kube.KubeError as error:
            raise self._unknown(f"unable to determine cluster state: {error}") from None
        return state

    async def _decided(self, state: State) -> Decision:
        forced = asking.once(self._ctx, names.FORCE_REQUEST, "lastHandledForceAt")
        self._ctx.log.info("release state", state=state.standing.value, why=state.reason, forced=forced)
        try:
            decision = deciding.decide(state, self._case(forced=forced))
        except deciding.Exhausted:
            raise self._exhausted() from None
        except deciding.MissingTarget as error:
            text = f"Failed to perform remediation: {error}"
            raise runtime.Stalled(wording.MISSING_ROLLBACK_TARGET, text, summed=True, event=None) from None
        if decision.target is not None and await self._is_lost(decision):
            return dataclasses.replace(decision, action=Action.UPGRADE, target=None)
        return decision

    async def _is_lost(self, decision: Decision) -> bool:
        """Whether what is to be rolled back to is not in the storage any more as it was."""
        assert decision.target is not None
        try:
            found = await self._actions.revision(self._run, decision.target)
        except kube.KubeError as error:
            text = f"cannot verify previous release to roll back to: {error}"
            raise runtime.Transient(wording.STATE_ERROR, text, event=None, summed=True) from None
        except RecordError:
            return True
        return found is None or bool(states.mismatch(decision.target, found))

    async def _perform(self, decision: Decision, last: Record | None, *, begun: bool = False) -> Record | None:
        """The newest release after it."""
        action, target = decision.action, decision.target
        assert action is not None
        if begun and action is Action.ROLLBACK:
            target = histories.previous(decision.history, ignore_tests=True)
        try:
            newest = await self._performer.perform(
                action, last, begun=begun, target=target, differences=self._differences
            )
        except performing.Failed as failed:
            if self._case().retry_seconds is not None:
                raise self._again(Outcome.LATER) from None
            raise runtime.Transient(failed.reason, str(failed), summed=True, event=None) from None
        outcome = deciding.after(action, self._case())
        if outcome is not Outcome.GO_ON:
            raise self._exhausted() if outcome is Outcome.EXHAUSTED else self._again(outcome)
        self._done = (*self._done, action)
        return newest or await self._last()

    def _case(self, *, forced: bool = False) -> Case:
        return Case(spec=self._run.spec, status=self._book.status, forced=forced, retry=self._retry)

    def _again(self, outcome: Outcome) -> runtime.Transient:
        """It goes on in another pass: after the time that the strategy names, or as soon as may be."""
        seconds = self._case().retry_seconds if outcome is Outcome.LATER else None
        if seconds is not None:
            text = f"retrying after {meta.format_duration(seconds)}"
        else:
            text = verdict[2] if (verdict := self._teller.verdict) else wording.PREREQUISITES
        self._ctx.progress(text, again=True)
        observe = seconds is not None
        return runtime.Transient(
            names.PROGRESSING_WITH_RETRY, text, after=seconds, summed=True, observe=observe, event=None
        )

    def _exhausted(self) -> runtime.Stalled:
        status = self._book.status
        remedy = remedies.active(self._run.spec, status)
        count = remedy.failures if remedy else 0
        text = f"Failed to {status.last_attempted_release_action} after {count} attempt(s)"
        return runtime.Stalled(wording.RETRIES_EXCEEDED, text, summed=True, event=None)

    def _unknown(self, text: str) -> runtime.Transient:
        return runtime.Transient(wording.STATE_ERROR, f"Could not determine release state: {text}", event=None)
