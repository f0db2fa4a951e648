"""Conditions of HelmReleases: which there are, and how Ready follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from sluice import runtime

RELEASED: Final = "Released"
TEST_SUCCESS: Final = "TestSuccess"
REMEDIATED: Final = "Remediated"
DRIFTED: Final = "Drifted"

_UNINSTALLS: Final = frozenset(("UninstallSucceeded", "UninstallFailed"))


def verdict(found: Sequence[runtime.Condition], obj: Mapping[str, Any]) -> runtime.Verdict | None:
    """Ready: the newest of what happened, a remedy before tests, tests before the release.

    That something was rolled back to is never well. An uninstall that makes a failure good says nothing: Ready tells
    of the failure.
    """
    counted = [*_counted(found, obj)]
    if not counted:
        return None
    newest = max(each.get("observedGeneration") or 0 for each in counted)
    first = next(each for each in counted if (each.get("observedGeneration") or 0) == newest)
    status = "False" if first["type"] == REMEDIATED else first["status"]
    return cast(runtime.Verdict, (status, first["reason"], first["message"]))


def tests_count(obj: Mapping[str, Any]) -> bool:
    """Whether failed tests are told in Ready."""
    test = (obj.get("spec") or {}).get("test") or {}
    return bool(test.get("enable")) and not test.get("ignoreFailures")


def _counted(found: Sequence[runtime.Condition], obj: Mapping[str, Any]) -> list[runtime.Condition]:
    by_type = {each["type"]: each for each in found}
    types = (REMEDIATED, *((TEST_SUCCESS,) if tests_count(obj) else ()), RELEASED)
    return [
        each
        for type_ in types
        if (each := by_type.get(type_)) and not (type_ == REMEDIATED and each["reason"] in _UNINSTALLS)
    ]


POLICY: Final = runtime.ConditionPolicy(
    auxiliary=(RELEASED, TEST_SUCCESS, REMEDIATED, DRIFTED), verdict=verdict, retrying="Progressing"
)
