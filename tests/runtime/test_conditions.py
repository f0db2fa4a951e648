from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.runtime import conditions
from sluice.runtime.conditions import Condition, ConditionPolicy

NOON = datetime(2026, 1, 1, 12, 0, 0, 900_000, tzinfo=UTC)

GIT = ConditionPolicy(
    auxiliary=("StorageOperationFailed", "FetchFailed", "ArtifactOutdated", "ArtifactInStorage", "SourceVerified"),
    negative=frozenset({"StorageOperationFailed", "FetchFailed", "ArtifactOutdated"}),
    summary=(
        "StorageOperationFailed",
        "FetchFailed",
        "ArtifactOutdated",
        "ArtifactInStorage",
        "SourceVerified",
        "Stalled",
        "Reconciling",
    ),
    decisive=("SourceVerified",),
)


def built(*items: tuple[str, str], generation: int = 1) -> list[Condition]:
    result: list[Condition] = []
    for type_, status in items:
        result = conditions.put(
            result,
            type_,
            status,  # type: ignore[arg-type]
            f"{type_}Reason",
            f"{type_} message",
            generation=generation,
            now=NOON,
        )
    return result


def types(items: list[Condition]) -> list[str]:
    return [item["type"] for item in items]


def test_a_new_condition_carries_the_generation_and_the_second() -> None:
    assert built(("Ready", "True"), generation=3) == [
        {
            "type": "Ready",
            "status": "True",
            "reason": "ReadyReason",
            "message": "Ready message",
            "observedGeneration": 3,
            "lastTransitionTime": "2026-01-01T12:00:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("status", "reason", "message", "moves"),
    [
        ("True", "ReadyReason", "Ready message", False),
        ("False", "ReadyReason", "Ready message", True),
        ("True", "Other", "Ready message", True),
        ("True", "ReadyReason", "other", True),
    ],
)
def test_the_transition_time_moves_when_status_reason_or_message_do(
    status: conditions.Status, reason: str, message: str, moves: bool
) -> None:
    later = NOON + timedelta(minutes=1)
    [ready] = conditions.put(built(("Ready", "True")), "Ready", status, reason, message, generation=2, now=later)
    assert ready["lastTransitionTime"] == ("2026-01-01T12:01:00Z" if moves else "2026-01-01T12:00:00Z")
    assert ready["observedGeneration"] == 2


def test_what_was_given_is_not_changed() -> None:
    before = built(("Ready", "True"))
    copy = [dict(item) for item in before]
    conditions.put(before, "Ready", "False", "R", "m", generation=2, now=NOON)
    assert before == copy


def test_reconciling_and_stalled_exclude_each_other() -> None:
    stalled = conditions.put(built(("Reconciling", "True")), "Stalled", "True", "R", "m", generation=1, now=NOON)
    assert types(stalled) == ["Stalled"]
    assert types(conditions.put(stalled, "Reconciling", "True", "R", "m", generation=1, now=NOON)) == ["Reconciling"]


def test_the_order_is_stalled_reconciling_ready_then_newest_generation_then_type() -> None:
    old = built(("ArtifactInStorage", "True"), ("A", "True"), generation=1)
    new = built(("Ready", "True"), ("FetchFailed", "True"), ("Reconciling", "True"), generation=2)
    assert types(conditions.ordered(old + new)) == ["Reconciling", "Ready", "FetchFailed", "A", "ArtifactInStorage"]


@pytest.mark.parametrize(
    ("items", "ready"),
    [
        ([("ArtifactInStorage", "True")], ("True", "ArtifactInStorage")),
        ([("ArtifactInStorage", "True"), ("FetchFailed", "True")], ("False", "FetchFailed")),
        ([("FetchFailed", "True"), ("StorageOperationFailed", "True")], ("False", "StorageOperationFailed")),
        ([("ArtifactInStorage", "False")], ("False", "ArtifactInStorage")),
        ([("ArtifactInStorage", "False"), ("Reconciling", "True")], ("False", "Reconciling")),
        ([("ArtifactInStorage", "True"), ("SourceVerified", "True")], ("True", "ArtifactInStorage")),
        ([("ArtifactInStorage", "True"), ("SourceVerified", "False")], ("False", "SourceVerified")),
        ([("FetchFailed", "True"), ("SourceVerified", "False")], ("False", "SourceVerified")),
        ([("ArtifactInStorage", "Unknown")], ("Unknown", "ArtifactInStorage")),
        ([("ArtifactInStorage", "Unknown"), ("SourceVerified", "True")], ("True", "SourceVerified")),
        ([("FetchFailed", "False")], ("True", "FetchFailed")),
        ([("Foreign", "False")], None),
        ([], None),
    ],
)
def test_the_summary_takes_the_weightiest_group_and_its_first_type(
    items: list[tuple[str, str]], ready: tuple[str, str] | None
) -> None:
    summary = conditions.summarise(built(*items), GIT)
    assert summary == (None if ready is None else (ready[0], f"{ready[1]}Reason", f"{ready[1]} message"))


def test_a_message_is_cut_at_what_the_api_takes() -> None:
    [ready] = conditions.put([], "Ready", "False", "R", "é" * 40_000, generation=1, now=NOON)
    assert len(ready["message"].encode()) <= conditions.MAX_MESSAGE_BYTES
    assert ready["message"].endswith("é...")


@given(st.text())
def test_cutting_keeps_a_prefix_and_never_breaks_a_character(text: str) -> None:
    long = text * (1 + conditions.MAX_MESSAGE_BYTES // max(1, len(text.encode())))
    cut = conditions.trim(long)
    assert len(cut.encode()) <= conditions.MAX_MESSAGE_BYTES
    assert cut == long or long.startswith(cut.removesuffix("..."))
