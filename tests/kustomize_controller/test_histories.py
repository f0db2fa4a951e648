"""`status.history`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sluice_controllers.kustomize import histories

START = datetime(2026, 1, 1, tzinfo=UTC)


def after(history: list[dict[str, Any]], digest: str, status: str = "ReconciliationSucceeded") -> list[dict[str, Any]]:
    now = START + timedelta(seconds=len(history))
    metadata = {"revision": digest}
    return histories.upsert(history, digest=digest, status=status, seconds=0.25, now=now, metadata=metadata)


def test_a_state_with_the_same_outcome_counts_once_more_and_comes_first() -> None:
    history = after(after(after([], "a"), "b"), "a")
    assert [(entry["digest"], entry["totalReconciliations"]) for entry in history] == [("a", 2), ("b", 1)]
    assert history[0]["firstReconciled"] == "2026-01-01T00:00:00Z"
    assert history[0]["lastReconciled"] == "2026-01-01T00:00:02Z"
    assert history[0]["lastReconciledDuration"] == "250ms"


def test_another_outcome_of_the_same_state_is_another_entry() -> None:
    history = after(after([], "a"), "a", "ReconciliationFailed")
    assert [entry["lastReconciledStatus"] for entry in history] == ["ReconciliationFailed", "ReconciliationSucceeded"]
    assert not histories.is_latest(history, digest="a", status="ReconciliationSucceeded")


def test_five_entries_are_kept() -> None:
    history: list[dict[str, Any]] = []
    for digest in "abcdefg":
        history = after(history, digest)
    assert [entry["digest"] for entry in history] == list("gfedc")
