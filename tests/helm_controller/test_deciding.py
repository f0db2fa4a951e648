"""What is done next about a release, and how it goes on: every row of what Flux's helm-controller decides."""

from __future__ import annotations

from typing import Any

import pytest
from tests.helm_controller.test_states import snapshot, status, stored

from sluice_api.helm.v2 import HelmReleaseSpec, HelmReleaseStatus
from sluice_controllers.helm import deciding, remedies
from sluice_controllers.helm.deciding import Action, Case, Outcome
from sluice_controllers.helm.states import Standing, State

INSTALLED = {"lastAttemptedReleaseAction": "install"}
UPGRADED = {"lastAttemptedReleaseAction": "upgrade"}
RETRIED = {"install": {"strategy": {"name": "RetryOnFailure"}}, "upgrade": {"strategy": {"name": "RetryOnFailure"}}}


def spec(**fields: Any) -> HelmReleaseSpec:
    return HelmReleaseSpec.model_validate({"interval": "1m", "chartRef": {"kind": "HelmChart", "name": "w"}, **fields})


def retries(action: str, number: int, **fields: Any) -> dict[str, Any]:
    return {action: {"remediation": {"retries": number, **fields}}}


def release(version: int, found: str = "deployed", **fields: Any) -> dict[str, Any]:
    return snapshot(stored(found, version=version), **fields)


def case(fields: dict[str, Any], *history: dict[str, Any], said: dict[str, Any] | None = None, **flags: bool) -> Case:
    return Case(spec=spec(**fields), status=status(*history, **(said or {})), **flags)


def failed(
    fields: dict[str, Any], action: dict[str, str], failures: int, *history: dict[str, Any], **flags: bool
) -> Case:
    counter = "installFailures" if action is INSTALLED else "upgradeFailures"
    return case(fields, *(history or (release(2, "failed"), release(1))), said={**action, counter: failures}, **flags)


ROWS: dict[str, tuple[Standing, Case, Action | None]] = {
    "locked": (Standing.LOCKED, case({}), Action.UNLOCK),
    "absent": (Standing.ABSENT, case({}), Action.INSTALL),
    "absent after a failure that is tried again": (
        Standing.ABSENT,
        failed(retries("install", 1), INSTALLED, 1),
        Action.INSTALL,
    ),
    "absent after failures that are tried again for ever": (
        Standing.ABSENT,
        failed(retries("install", -1), INSTALLED, 99),
        Action.INSTALL,
    ),
    "absent and asked for, though it has failed too often": (
        Standing.ABSENT,
        failed({}, INSTALLED, 1, forced=True),
        Action.INSTALL,
    ),
    "unmanaged": (Standing.UNMANAGED, case({}), Action.UPGRADE),
    "out of sync": (Standing.OUT_OF_SYNC, case({}), Action.UPGRADE),
    "out of sync and asked for, though it has failed too often": (
        Standing.OUT_OF_SYNC,
        failed({}, UPGRADED, 1, forced=True),
        Action.UPGRADE,
    ),
    "untested": (Standing.UNTESTED, case({}), Action.TEST),
    "drifted": (Standing.DRIFTED, case({"driftDetection": {"mode": "enabled"}}), Action.CORRECT),
    "drifted, and only told of": (Standing.DRIFTED, case({"driftDetection": {"mode": "warn"}}), None),
    "in sync": (Standing.IN_SYNC, case({}, release(1)), None),
    "in sync, and asked for": (Standing.IN_SYNC, case({}, release(1), forced=True), Action.UPGRADE),
    "failed, of nothing that was tried": (Standing.FAILED, case({}, release(1, "failed")), Action.UPGRADE),
    "failed, and something has changed since": (Standing.FAILED, failed({}, UPGRADED, 0), Action.UPGRADE),
    "failed, and asked for": (Standing.FAILED, failed({}, UPGRADED, 1, forced=True), Action.UPGRADE),
    "a failed install": (Standing.FAILED, failed(retries("install", 1), INSTALLED, 1), Action.UNINSTALL),
    "the last failed install, made good too": (
        Standing.FAILED,
        failed(retries("install", 1, remediateLastFailure=True), INSTALLED, 2),
        Action.UNINSTALL,
    ),
    "a failed upgrade": (Standing.FAILED, failed(retries("upgrade", 1), UPGRADED, 1), Action.ROLLBACK),
    "the last failed upgrade": (Standing.FAILED, failed(retries("upgrade", 1), UPGRADED, 2), Action.ROLLBACK),
    "a failed upgrade that is uninstalled": (
        Standing.FAILED,
        failed(retries("upgrade", 1, strategy="uninstall"), UPGRADED, 1),
        Action.UNINSTALL,
    ),
    "a failure that is tried again, not made good": (Standing.FAILED, failed(RETRIED, INSTALLED, 9), Action.UPGRADE),
    "the same by the gate": (Standing.FAILED, failed({}, UPGRADED, 9, retry=True), Action.UPGRADE),
}


@pytest.mark.parametrize(("standing", "given", "action"), ROWS.values(), ids=ROWS)
def test_what_is_done(standing: Standing, given: Case, action: Action | None) -> None:
    assert deciding.decide(State(standing), given).action is action


@pytest.mark.parametrize(
    ("standing", "given", "said"),
    [
        (Standing.ABSENT, failed({}, INSTALLED, 1), "cannot install release"),
        (Standing.OUT_OF_SYNC, failed(retries("upgrade", 2), UPGRADED, 3), "cannot upgrade release"),
        (Standing.FAILED, failed({}, INSTALLED, 1), "cannot remediate failed release"),
        (Standing.FAILED, failed({}, UPGRADED, 1), "cannot remediate failed release"),
        (
            Standing.FAILED,
            failed(retries("upgrade", 1, remediateLastFailure=False), UPGRADED, 2),
            "cannot remediate failed release",
        ),
    ],
)
def test_what_has_failed_too_often_is_left_alone(standing: Standing, given: Case, said: str) -> None:
    with pytest.raises(deciding.Exhausted, match=f"exceeded maximum retries: {said}"):
        deciding.decide(State(standing), given)


@pytest.mark.parametrize(
    "history",
    [
        (release(1, "failed"),),
        (release(2, "failed"), release(1, "failed")),
        (release(2, "failed"), release(1, testHooks={"t": {"phase": "Failed"}})),
    ],
    ids=["the first release", "none that was a success", "one whose tests failed"],
)
def test_without_a_success_there_is_nothing_to_roll_back_to(history: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(deciding.MissingTarget, match="missing target release for rollback"):
        deciding.decide(State(Standing.FAILED), failed(retries("upgrade", 1), UPGRADED, 1, *history))


def test_it_is_rolled_back_to_the_newest_success() -> None:
    history = (release(5, "failed"), release(4, "failed"), release(3, "superseded"), release(2, "superseded"))
    found = deciding.decide(State(Standing.FAILED), failed(retries("upgrade", 1), UPGRADED, 1, *history))
    assert found.target is not None
    assert found.target.version == 3
    assert [each.version for each in found.history] == [5, 4, 3]


def test_failed_tests_that_may_fail_keep_nothing_from_being_rolled_back_to() -> None:
    history = (release(2, "failed"), release(1, testHooks={"t": {"phase": "Failed"}}))
    given = failed(retries("upgrade", 1, ignoreTestFailures=True), UPGRADED, 1, *history)
    found = deciding.decide(State(Standing.FAILED), given)
    assert found.target is not None
    assert found.target.version == 1


def test_what_is_in_sync_remembers_back_to_the_one_it_could_be_rolled_back_to() -> None:
    history = [release(4), release(3, "failed"), release(2, "superseded"), release(1, "superseded")]
    found = deciding.decide(State(Standing.IN_SYNC), case({}, *history))
    assert [each.version for each in found.history] == [4, 3, 2]
    many = [release(number, "failed") for number in range(9, 0, -1)]
    for given in (case({}, *many), case(RETRIED, *many, said=UPGRADED)):
        assert len(deciding.decide(State(Standing.IN_SYNC), given).history) == 5


def test_what_is_not_ours_is_not_remembered() -> None:
    assert deciding.decide(State(Standing.UNMANAGED), case({}, release(1))).history == ()


@pytest.mark.parametrize(
    ("action", "done", "given", "outcome"),
    [
        (Action.UPGRADE, (), case({}), Outcome.GO_ON),
        (Action.TEST, (Action.UPGRADE,), case({}), Outcome.GO_ON),
        (Action.UPGRADE, (Action.UNLOCK,), case({}), Outcome.GO_ON),
        (Action.UPGRADE, (Action.INSTALL,), case({}), Outcome.AGAIN),
        (Action.UPGRADE, (Action.UPGRADE,), failed(retries("upgrade", 1), UPGRADED, 1), Outcome.AGAIN),
        (Action.UPGRADE, (Action.UPGRADE,), failed({}, UPGRADED, 1), Outcome.STOP),
        (Action.UPGRADE, (Action.INSTALL,), failed(RETRIED, INSTALLED, 1), Outcome.LATER),
    ],
)
def test_of_each_sort_one_action_is_done_in_a_pass(
    action: Action, done: tuple[Action, ...], given: Case, outcome: Outcome
) -> None:
    assert deciding.may_begin(action, done, given) is outcome


@pytest.mark.parametrize(
    ("action", "given", "outcome"),
    [
        (Action.UPGRADE, case({}), Outcome.GO_ON),
        (Action.ROLLBACK, failed(retries("upgrade", 1), UPGRADED, 1), Outcome.AGAIN),
        (Action.ROLLBACK, failed(retries("upgrade", 1), UPGRADED, 2), Outcome.EXHAUSTED),
        (Action.UNINSTALL, failed(retries("install", 1), INSTALLED, 2), Outcome.EXHAUSTED),
        (Action.UNINSTALL, failed(retries("upgrade", 0, strategy="uninstall"), UPGRADED, 1), Outcome.AGAIN),
        (Action.ROLLBACK, failed(RETRIED, UPGRADED, 1), Outcome.LATER),
        (Action.UNINSTALL, case({}), Outcome.AGAIN),
    ],
)
def test_after_a_failure_is_made_good_the_pass_ends(action: Action, given: Case, outcome: Outcome) -> None:
    assert deciding.after(action, given) is outcome


@pytest.mark.parametrize(
    ("fields", "action", "seconds"),
    [
        ({}, UPGRADED, None),
        (RETRIED, {}, None),
        (RETRIED, INSTALLED, 300.0),
        ({"upgrade": {"strategy": {"name": "RetryOnFailure", "retryInterval": "90s"}}}, UPGRADED, 90.0),
        ({"upgrade": {"strategy": {"name": "RetryOnFailure"}}}, INSTALLED, None),
        ({"upgrade": {"strategy": {"name": "RemediateOnFailure"}}}, UPGRADED, None),
    ],
)
def test_when_it_is_tried_again(fields: dict[str, Any], action: dict[str, str], seconds: float | None) -> None:
    found = HelmReleaseStatus.model_validate(action)
    assert remedies.retry(spec(**fields), found, default=False) == seconds
