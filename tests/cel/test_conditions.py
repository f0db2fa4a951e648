"""Conditions give what Flux gives: recorded from its own environment (cel-go 0.26), word for word."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from sluice import cel

OTHERWISE: dict[str, dict[str, Any]] = {
    "[1,'a'] == []": {"holds": False},
    "1 < 2u": {"refused": "failed to parse the CEL expression '1 < 2u'"},
    "dep.metadata.name.matches('(')": {
        "failed": "failed to evaluate the CEL expression 'dep.metadata.name.matches('('"
    },
    "optional.none()": {"refused": "CEL expression output type mismatch: expected bool, got optional_type(dyn)"},
}
"""What the library cannot do as cel-go does it, and what comes of it for a dependency."""
ALL: list[dict[str, Any]] = json.loads((pathlib.Path(__file__).parent / "recorded.json").read_text())
RECORDED = [case for case in ALL if case["condition"] not in OTHERWISE]
READY = [{"type": "Ready", "status": "True"}]
PAIR = {
    "self": {"metadata": {"name": "n", "generation": 1}},
    "dep": {"metadata": {"name": "other"}, "status": {"n": 1.5, "i": 2, "conditions": READY}},
}
OBJECT = {"metadata": {"name": "n", "generation": 1}, "status": {"phase": "x", "conditions": READY}}


def judged(condition: str, values: Any, variables: tuple[str, ...] | None) -> dict[str, Any]:
    try:
        cel.check(condition, variables)
    except cel.CompileError as error:
        return {"refused": str(error)}
    try:
        return {"holds": cel.first_true([condition], values, variables) == 0}
    except cel.EvaluationError as error:
        return {"failed": str(error)}


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["condition"])
def test_of_dependencies(case: dict[str, Any]) -> None:
    assert judged(case["condition"], PAIR, ("self", "dep")) == case["of a dependency"]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["condition"])
def test_of_objects(case: dict[str, Any]) -> None:
    expected = case["of an object"]
    found = judged(case["condition"], OBJECT, None)
    if "failed" not in expected:
        assert found == expected
    else:
        # Which attributes are missing, and of what function, is told more or less fully.
        assert found["failed"].split(": ")[0] == expected["failed"].split(": ")[0]


@pytest.mark.parametrize("condition", OTHERWISE)
def test_where_the_library_differs_no_dependency_becomes_ready(condition: str) -> None:
    ((outcome, told),) = OTHERWISE[condition].items()
    found = judged(condition, PAIR, ("self", "dep"))[outcome]
    assert found == told or str(found).startswith(str(told))


def test_the_first_that_holds_is_told() -> None:
    conditions = ["status.phase == 'y'", "status.phase == 'x'", "status.("]
    assert cel.first_true(conditions, OBJECT, None) == 1
    assert cel.first_true(conditions[:1], OBJECT, None) == -1


def test_a_condition_has_a_length() -> None:
    with pytest.raises(cel.CompileError, match="longer than"):
        cel.check("true" + " " * (64 << 10), None)
