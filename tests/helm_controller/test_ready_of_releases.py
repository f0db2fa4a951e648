"""How Ready follows from what happened to a release: a table."""

from __future__ import annotations

from typing import Any

import pytest

from sluice_controllers.helm import conditions

RELEASED = ("Released", "True", "InstallSucceeded", 1)
NOT_RELEASED = ("Released", "False", "UpgradeFailed", 2)
TESTED = ("TestSuccess", "False", "TestFailed", 2)
ROLLED_BACK = ("Remediated", "True", "RollbackSucceeded", 2)
UNINSTALLED = ("Remediated", "True", "UninstallSucceeded", 2)


def ready(*found: tuple[str, str, str, int], test: dict[str, Any] | None = None) -> Any:
    told = [
        {"type": type_, "status": status, "reason": reason, "message": reason, "observedGeneration": generation}
        for type_, status, reason, generation in found
    ]
    return conditions.verdict(told, {"spec": {"test": test} if test else {}})


@pytest.mark.parametrize(
    ("found", "test", "expected"),
    [
        ((), None, None),
        ((RELEASED,), None, ("True", "InstallSucceeded")),
        ((NOT_RELEASED,), None, ("False", "UpgradeFailed")),
        ((NOT_RELEASED, ROLLED_BACK), None, ("False", "RollbackSucceeded")),
        ((NOT_RELEASED, UNINSTALLED), None, ("False", "UpgradeFailed")),
        ((UNINSTALLED,), None, None),
        ((("Released", "True", "UpgradeSucceeded", 3), ROLLED_BACK), None, ("True", "UpgradeSucceeded")),
        ((RELEASED, TESTED), None, ("True", "InstallSucceeded")),
        ((RELEASED, TESTED), {"enable": True}, ("False", "TestFailed")),
        ((RELEASED, TESTED), {"enable": True, "ignoreFailures": True}, ("True", "InstallSucceeded")),
        ((RELEASED, ("Drifted", "True", "DriftDetected", 1)), None, ("True", "InstallSucceeded")),
    ],
)
def test_the_newest_of_what_counts_is_told(found: Any, test: Any, expected: Any) -> None:
    verdict = ready(*found, test=test)
    assert (verdict and verdict[:2]) == expected
