"""What is done next about a release, and whether it goes on after that: as Flux's helm-controller decides."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sluice_api.helm.v2 import HelmReleaseSpec, HelmReleaseStatus, Snapshot
from sluice_controllers.helm import histories, remedies
from sluice_controllers.helm.histories import History
from sluice_controllers.helm.states import Standing, State


class Sort(enum.Enum):
    """Of each sort there is one action in a pass at most."""

    RELEASE = "release"
    REMEDIATE = "remediate"
    TEST = "test"
    UNLOCK = "unlock"
    CORRECT = "drift correction"


class Action(enum.Enum):
    """Something that is done; the value is its name in messages."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    TEST = "test"
    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"
    UNLOCK = "unlock"
    CORRECT = "correct cluster drift"

    @property
    def sort(self) -> Sort:
        """The sort that it is of."""
        return _SORTS[self]


_SORTS = {
    Action.INSTALL: Sort.RELEASE,
    Action.UPGRADE: Sort.RELEASE,
    Action.TEST: Sort.TEST,
    Action.ROLLBACK: Sort.REMEDIATE,
    Action.UNINSTALL: Sort.REMEDIATE,
    Action.UNLOCK: Sort.UNLOCK,
    Action.CORRECT: Sort.CORRECT,
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is done next."""

    action: Action | None
    """None: nothing, all is well or as well as it may be."""
    history: History
    """What is remembered from here on."""
    target: Snapshot | None = None
    """The release to roll back to. If the storage does not have it any more as it was, it is upgraded instead."""
    forced: bool = False
    """Whether it is only done because somebody asked for it."""


class Exhausted(Exception):
    """It has failed as often as it may; the text is for logs."""


class MissingTarget(Exception):
    """There is no release to roll back to; the text is Flux's."""


class Outcome(enum.Enum):
    """How a pass goes on."""

    GO_ON = "go on"
    LATER = "later"
    """Again after the time that the strategy names."""
    AGAIN = "again"
    """Again as soon as may be."""
    STOP = "stop"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is decided about."""

    spec: HelmReleaseSpec
    status: HelmReleaseStatus
    forced: bool = False
    """Whether somebody asks for an action, whatever the state."""
    retry: bool = False
    """Whether a failure that no strategy is named for is tried again without being made good."""

    @property
    def retry_seconds(self) -> float | None:
        """Until what was tried last is tried again without being made good; None when it is made good."""
        return remedies.retry(self.spec, self.status, default=self.retry)


def decide(state: State, case: Case) -> Decision:
    """What is done about this state.

    Raises:
        Exhausted: nothing, as it has failed as often as it may.
        MissingTarget: nothing, as there is nothing to roll back to.
    """
    history = histories.ordered(case.status.history or ())
    match state.standing:
        case Standing.LOCKED:
            return Decision(action=Action.UNLOCK, history=history)
        case Standing.ABSENT:
            return _tried(Action.INSTALL, remedies.of_install(case.spec, case.status), case, history)
        case Standing.UNMANAGED:
            return Decision(action=Action.UPGRADE, history=())
        case Standing.OUT_OF_SYNC:
            return _tried(Action.UPGRADE, remedies.of_upgrade(case.spec, case.status), case, history)
        case Standing.UNTESTED:
            return Decision(action=Action.TEST, history=history)
        case Standing.DRIFTED:
            mode = case.spec.drift_detection.mode if case.spec.drift_detection else None
            return Decision(action=Action.CORRECT if mode == "enabled" else None, history=history)
        case Standing.IN_SYNC:
            kept = _kept(case, history)
            return Decision(action=Action.UPGRADE if case.forced else None, history=kept, forced=case.forced)
        case Standing.FAILED:
            return _failed(case, history)


def may_begin(action: Action, done: tuple[Action, ...], case: Case) -> Outcome:
    """Whether an action may follow those that were done in this pass."""
    if action.sort not in {each.sort for each in done}:
        return Outcome.GO_ON
    if case.retry_seconds is not None:
        return Outcome.LATER
    remedy = remedies.active(case.spec, case.status)
    return Outcome.AGAIN if remedy is None or not remedy.is_exhausted else Outcome.STOP


def after(action: Action, case: Case) -> Outcome:
    """How the pass goes on after an action that was done; the status tells of it already."""
    if action.sort is not Sort.REMEDIATE:
        return Outcome.GO_ON
    if case.retry_seconds is not None:
        return Outcome.LATER
    remedy = remedies.active(case.spec, case.status)
    if remedy is None or not remedy.is_exhausted or remedy.uninstalls_upgrades:
        return Outcome.AGAIN
    return Outcome.EXHAUSTED


def _tried(action: Action, remedy: remedies.Remedy, case: Case, history: History) -> Decision:
    if remedy.is_exhausted and not case.forced:
        raise Exhausted(f"exceeded maximum retries: cannot {action.value} release")
    return Decision(action=action, history=history, forced=remedy.is_exhausted)


def _kept(case: Case, history: History) -> History:
    if case.retry_seconds is not None:
        return histories.newest(history)
    return histories.truncated(history, ignore_tests=remedies.ignores_tests(case.spec, case.status))


def _failed(case: Case, history: History) -> Decision:
    if case.retry_seconds is not None:
        return Decision(action=Action.UPGRADE, history=histories.newest(history))
    remedy = remedies.active(case.spec, case.status)
    if remedy is None or remedy.failures <= 0 or case.forced:
        # With no failure on the books, what it failed of has changed since.
        return Decision(action=Action.UPGRADE, history=history, forced=case.forced)
    if remedy.is_exhausted and not remedy.last_too:
        raise Exhausted("exceeded maximum retries: cannot remediate failed release")
    history = histories.truncated(history, ignore_tests=remedy.ignore_tests)
    if remedy.strategy == "uninstall":
        return Decision(action=Action.UNINSTALL, history=history)
    target = histories.previous(history, ignore_tests=remedy.ignore_tests)
    if target is None:
        raise MissingTarget("missing target release for rollback: cannot remediate failed release")
    return Decision(action=Action.ROLLBACK, history=history, target=target)
