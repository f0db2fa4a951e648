"""How passes end in status, held against what Flux was seen to write."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from tests.runtime.conftest import Told

from sluice import aio, kube, runtime
from sluice.runtime import Condition, Context, Request, Stalled, Success, Transient, Waiting, conditions, finalising
from sluice.runtime.drafts import ConditionsDraft, StatusDraft
from sluice.testing import builders

Kind = runtime.Kind[Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STORED = "stored artifact for revision 'main@sha1:1'"


def context(kind: Kind, status: dict[str, Any] | None = None, **metadata: Any) -> Context[Any]:
    built = builders.git_repository("src", "ns", "https://example.com/repo.git")
    obj: kube.Object = {
        **built,
        "metadata": {**built["metadata"], "uid": "u", "generation": 1, **metadata},
        "status": status if status is not None else {"observedGeneration": -1},
    }
    return Context(
        kind=kind,
        request=Request("ns", "src"),
        object=obj,
        causes=frozenset(),
        caused=0.0,
        memory={},
        clock=aio.VirtualClock(),
        log=structlog.get_logger(),
        status=StatusDraft(obj["status"]),
        conditions=ConditionsDraft(kind.conditions),
        events=Told(),
        started=0.0,
        subscriber=lambda token: None,
        publisher=lambda: asyncio.sleep(0),
        confirmer=lambda: asyncio.sleep(0),
    )


def ended(ctx: Context[Any], outcome: finalising.Outcome) -> dict[str, Any]:
    if isinstance(outcome, Success):
        outcome = finalising.judged(ctx, outcome)
    return finalising.settled(ctx, outcome, ctx.object["status"], NOW)


def short(status: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    return [
        (item["type"], item["status"], item["reason"], item["observedGeneration"])
        for item in status.get("conditions", [])
    ]


def next_pass(kind: Kind, status: dict[str, Any], generation: int) -> Context[Any]:
    ctx = context(kind, status, generation=generation)
    finalising.opening(ctx)
    return ctx


def stored(ctx: Context[Any]) -> Success:
    ctx.condition("ArtifactInStorage", "True", "Succeeded", STORED)
    return Success(interval=60)


def test_a_source_is_ready_with_what_its_artifact_says(git_kind: Kind) -> None:
    ctx = next_pass(git_kind, {"observedGeneration": -1}, 1)
    status = ended(ctx, stored(ctx))
    assert short(status) == [("Ready", "True", "Succeeded", 1), ("ArtifactInStorage", "True", "Succeeded", 1)]
    assert status["conditions"][0]["message"] == STORED
    assert status["observedGeneration"] == 1


def test_good_then_gone_then_good_again_reads_as_flux_wrote_it(git_kind: Kind) -> None:
    first = next_pass(git_kind, {"observedGeneration": -1}, 1)
    good = ended(first, stored(first))
    second = next_pass(git_kind, good, 2)
    gone = ended(second, Transient("GitOperationFailed", "couldn't find remote ref", condition="FetchFailed"))
    assert short(gone) == [
        ("Reconciling", "True", "ProgressingWithRetry", 2),
        ("Ready", "False", "GitOperationFailed", 2),
        ("FetchFailed", "True", "GitOperationFailed", 2),
        ("ArtifactInStorage", "True", "Succeeded", 1),
    ]
    assert gone["conditions"][0]["message"] == "processing object: new generation 1 -> 2"
    assert gone["observedGeneration"] == 1
    third = next_pass(git_kind, gone, 3)
    again = ended(third, stored(third))
    assert short(again) == [("Ready", "True", "Succeeded", 3), ("ArtifactInStorage", "True", "Succeeded", 3)]


def test_a_failed_verification_is_what_ready_tells(git_kind: Kind) -> None:
    ctx = next_pass(git_kind, {"observedGeneration": -1}, 1)
    ctx.progress("building artifact")
    status = ended(ctx, Transient("VerificationError", "secret not found", condition="SourceVerified"))
    assert short(status) == [
        ("Reconciling", "True", "ProgressingWithRetry", 1),
        ("Ready", "False", "VerificationError", 1),
        ("SourceVerified", "False", "VerificationError", 1),
    ]
    assert status["conditions"][0]["message"] == "building artifact"


def test_a_success_that_the_kinds_own_conditions_deny_is_a_failure(git_kind: Kind) -> None:
    ctx = next_pass(git_kind, {"observedGeneration": -1}, 1)
    ctx.condition("ArtifactOutdated", "True", "NewRevision", "new upstream revision")
    outcome = finalising.judged(ctx, Success(interval=60))
    assert isinstance(outcome, Transient)
    assert str(outcome) == "NewRevision: new upstream revision"


def test_a_success_removes_the_negative_conditions_that_no_step_renewed(git_kind: Kind) -> None:
    ctx = next_pass(git_kind, {"observedGeneration": -1}, 1)
    failed = ended(ctx, Transient("GitOperationFailed", "m", condition="FetchFailed"))
    again = next_pass(git_kind, failed, 1)
    assert short(ended(again, stored(again))) == [
        ("Ready", "True", "Succeeded", 1),
        ("ArtifactInStorage", "True", "Succeeded", 1),
    ]


def test_an_unmet_dependency_shows_no_progress_that_there_was_not(app_kind: Kind) -> None:
    ctx = next_pass(app_kind, {"observedGeneration": -1}, 1)
    status = ended(ctx, Waiting("DependencyNotReady", "dependency 'ns/none' not found"))
    assert short(status) == [("Ready", "False", "DependencyNotReady", 1)]
    assert status["observedGeneration"] == -1


def test_a_terminal_error_stalls_and_counts_as_observed(app_kind: Kind) -> None:
    ctx = next_pass(app_kind, {"observedGeneration": -1}, 1)
    status = ended(ctx, Stalled("InvalidCELExpression", "Reconciliation failed terminally"))
    assert short(status) == [
        ("Stalled", "True", "InvalidCELExpression", 1),
        ("Ready", "False", "InvalidCELExpression", 1),
    ]
    assert status["observedGeneration"] == 1
    denied = next_pass(app_kind, {"observedGeneration": -1}, 1)
    assert ended(denied, Stalled("AccessDenied", "no", observe=False))["observedGeneration"] == -1


@pytest.mark.parametrize(
    "outcome",
    [
        Success(interval=1),
        Transient("BuildFailed", "m"),
        Stalled("Invalid", "m"),
        Waiting("DependencyNotReady", "m"),
    ],
)
def test_the_same_end_again_changes_nothing(app_kind: Kind, outcome: finalising.Outcome) -> None:
    once = ended(next_pass(app_kind, {"observedGeneration": -1}, 1), outcome)
    later = next_pass(app_kind, once, 1)
    assert finalising.settled(later, outcome, once, datetime(2027, 1, 1, tzinfo=UTC)) == once


@pytest.mark.parametrize("value", ["now", "", " "])
def test_a_request_is_echoed_verbatim(app_kind: Kind, value: str) -> None:
    ctx = context(app_kind, annotations={"reconcile.fluxcd.io/requestedAt": value})
    assert ctx.requested_at == value
    status = ended(ctx, Transient("BuildFailed", "m"))
    assert status["lastHandledReconcileAt"] == value
    assert context(app_kind, status, annotations={"reconcile.fluxcd.io/requestedAt": value}).requested_at is None


@pytest.mark.parametrize(
    ("conditions", "drifted", "expected"),
    [
        ([], False, "Unknown"),
        (["True"], False, "True"),
        (["False"], False, "False"),
        (["Unknown"], False, "Unknown"),
        (["True"], True, "Unknown"),
    ],
)
def test_progress_moves_ready_only_when_it_does_not_hold(
    app_kind: Kind, conditions: list[str], drifted: bool, expected: str
) -> None:
    listed = [
        {"type": "Ready", "status": status, "reason": "R", "message": "m", "lastTransitionTime": "x"}
        for status in conditions
    ]
    ctx = context(app_kind, {"conditions": listed})
    ctx.progress("Fetching manifests", drifted=drifted)
    status = finalising.in_progress(ctx, ctx.object["status"], NOW)
    ready = next(item for item in status["conditions"] if item["type"] == "Ready")
    assert ready["status"] == expected
    assert status["conditions"][0]["message"] == "Fetching manifests"


@pytest.mark.parametrize(("status", "observed"), [("True", 2), ("False", -1)])
def test_a_suspended_app_counts_a_new_generation_as_seen_only_when_ready(
    app_kind: Kind, status: str, observed: int
) -> None:
    ready = {"type": "Ready", "status": status, "reason": "R", "message": "m", "observedGeneration": 1}
    ctx = context(app_kind, {"observedGeneration": -1, "conditions": [ready]}, generation=2)
    after = finalising.suspended(ctx, ctx.object["status"], NOW)
    assert after == {"observedGeneration": observed, "conditions": [ready]}


def test_a_suspended_source_counts_it_when_it_has_any_condition(git_kind: Kind) -> None:
    failed = {"type": "Ready", "status": "False", "reason": "R", "message": "m", "observedGeneration": 1}
    ctx = context(git_kind, {"observedGeneration": -1, "conditions": [failed]}, generation=2)
    assert finalising.suspended(ctx, ctx.object["status"], NOW)["observedGeneration"] == 2
    fresh = context(git_kind)
    assert finalising.suspended(fresh, fresh.object["status"], NOW) == {"observedGeneration": -1}


def test_a_suspended_source_sums_up_at_its_new_generation_and_is_stalled_no_more(git_kind: Kind) -> None:
    stored = {"type": "ArtifactInStorage", "status": "True", "reason": "Succeeded", "message": STORED}
    stalled = {"type": "Stalled", "status": "True", "reason": "R", "message": "m"}
    before = [{**each, "lastTransitionTime": "t", "observedGeneration": 1} for each in (stored, stalled)]
    ctx = context(git_kind, {"observedGeneration": 1, "conditions": before}, generation=2)
    assert short(finalising.suspended(ctx, ctx.object["status"], NOW)) == [
        ("Ready", "True", "Succeeded", 2),
        ("ArtifactInStorage", "True", "Succeeded", 1),
    ]


def test_conditions_of_others_are_kept_as_they_are(app_kind: Kind) -> None:
    foreign = {"type": "Approved", "status": "False", "reason": "Human", "message": "no", "observedGeneration": 7}
    ctx = context(app_kind, {"conditions": [foreign]})
    assert foreign in ended(ctx, Success(interval=1))["conditions"]


def test_a_draft_reads_through_and_remembers_what_was_assigned() -> None:
    base = {"a": 1, "b": {"c": 2}}
    draft = StatusDraft(base)
    draft["a"] = 2
    draft["n"] = {"x": 1}
    del draft["b"]
    assert dict(draft) == {"a": 2, "n": {"x": 1}}
    assert draft.get("b") is None
    assert len(draft) == 2
    with pytest.raises(KeyError):
        del draft["b"]
    assert draft.applied_to({"a": 0, "b": 1, "theirs": True}) == {"a": 2, "n": {"x": 1}, "theirs": True}
    assert base == {"a": 1, "b": {"c": 2}}


@pytest.mark.parametrize("field", ["conditions", "observedGeneration", "lastHandledReconcileAt"])
def test_a_draft_refuses_what_the_finaliser_writes(field: str) -> None:
    with pytest.raises(ValueError, match="finaliser"):
        StatusDraft({})[field] = 1


def test_steps_may_not_touch_conditions_that_are_not_auxiliary(app_kind: Kind) -> None:
    ctx = context(app_kind)
    for type_ in ("Ready", "Reconciling", "Stalled", "Approved"):
        with pytest.raises(ValueError, match="auxiliary"):
            ctx.condition(type_, "True", "R", "m")
        with pytest.raises(ValueError, match="auxiliary"):
            ctx.clear_condition(type_)


def test_a_negative_condition_set_to_false_goes_away(git_kind: Kind) -> None:
    ctx = next_pass(git_kind, {"observedGeneration": -1}, 1)
    failed = ended(ctx, Transient("GitOperationFailed", "m", condition="FetchFailed"))
    ctx = next_pass(git_kind, failed, 1)
    assert ctx.find_condition("FetchFailed") is not None
    ctx.condition("FetchFailed", "False", "R", "m")
    assert ctx.find_condition("FetchFailed") is None


def newest(found: Sequence[Condition], obj: Mapping[str, Any]) -> runtime.Verdict | None:
    """Rules of a kind's own: a failed remedy comes before what it was for."""
    told = conditions.find(found, "Remediated") or conditions.find(found, "Released")
    return None if told is None else ("True" if told["status"] == "True" else "False", told["reason"], told["message"])


@pytest.fixture
def release_kind(git_kind: Kind) -> Kind:
    policy = runtime.ConditionPolicy(auxiliary=("Released", "Remediated"), verdict=newest, retrying="Progressing")
    return dataclasses.replace(git_kind, conditions=policy, observes_suspended=True)


def test_ready_follows_from_a_kinds_own_rules_where_the_outcome_says_so(release_kind: Kind) -> None:
    ctx = next_pass(release_kind, {"observedGeneration": -1}, 1)
    ctx.condition("Released", "False", "InstallFailed", "no")
    status = ended(ctx, Stalled("RetriesExceeded", "Failed to install after 1 attempt(s)", summed=True))
    assert short(status) == [
        ("Stalled", "True", "RetriesExceeded", 1),
        ("Ready", "False", "InstallFailed", 1),
        ("Released", "False", "InstallFailed", 1),
    ]
    told = ended(ctx, Transient("StateError", "no storage"))
    assert short(told)[0] == ("Ready", "False", "StateError", 1)


def test_a_success_is_what_a_kinds_own_rules_make_of_it(release_kind: Kind) -> None:
    ctx = next_pass(release_kind, {"observedGeneration": -1}, 1)
    assert short(ended(ctx, Success(interval=60))) == [("Ready", "True", "Succeeded", 1)]
    ctx.condition("Released", "False", "UninstallSucceeded", "gone")
    status = ended(ctx, Success(interval=60))
    assert short(status)[0] == ("Ready", "False", "UninstallSucceeded", 1)
    assert status["observedGeneration"] == 1


@pytest.mark.parametrize(("again", "reason"), [(False, "Progressing"), (True, "ProgressingWithRetry")])
def test_a_kind_says_how_a_failure_is_being_worked_on(release_kind: Kind, again: bool, reason: str) -> None:
    ctx = next_pass(release_kind, {"observedGeneration": -1}, 1)
    ctx.progress("retrying after 5m0s", again=again)
    status = ended(ctx, Transient("InstallFailed", "no", after=300, observe=again))
    assert short(status)[0] == ("Reconciling", "True", reason, 1)
    assert status["observedGeneration"] == (1 if again else -1)


def test_what_is_done_meanwhile_takes_nothing_away_from_what_has_failed(release_kind: Kind) -> None:
    ctx = next_pass(release_kind, {"observedGeneration": -1}, 1)
    ctx.condition("Released", "False", "InstallFailed", "no")
    status = ended(ctx, Waiting("Progressing", "uninstalling", ready="Unknown", summed=True))
    assert short(status)[:2] == [("Reconciling", "True", "Progressing", 1), ("Ready", "False", "InstallFailed", 1)]
    status = ended(ctx, Waiting("Progressing", "installing", ready="Unknown"))
    assert short(status)[1] == ("Ready", "Unknown", "Progressing", 1)


def test_a_suspended_object_is_handled_where_its_kind_says_so(release_kind: Kind, git_kind: Kind) -> None:
    for kind, observed in ((release_kind, 1), (git_kind, -1)):
        ctx = next_pass(kind, {"observedGeneration": -1}, 1)
        assert finalising.suspended(ctx, ctx.object["status"], NOW)["observedGeneration"] == observed
