"""Reasons, and the messages that are Flux's own."""

from __future__ import annotations

from typing import Final

from sluice_api.helm.v2 import Snapshot
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.histories import chart_name, release_name

PREREQUISITES: Final = "Fulfilling prerequisites"

ARTIFACT_FAILED: Final = "ArtifactFailed"
SOURCE_NOT_READY: Final = "SourceNotReady"
VALUES_ERROR: Final = "ValuesError"
CHART_MUTATE_ERROR: Final = "ChartMutateError"
REST_CLIENT_ERROR: Final = "RESTClientError"
STATE_ERROR: Final = "StateError"
RETRIES_EXCEEDED: Final = "RetriesExceeded"
MISSING_ROLLBACK_TARGET: Final = "MissingRollbackTarget"
INVALID_CHART_REFERENCE: Final = "InvalidChartReference"
PENDING_RELEASE: Final = "PendingRelease"
AWAITING_TESTS: Final = "AwaitingTests"
DRIFT_DETECTED: Final = "DriftDetected"
NO_DRIFT_DETECTED: Final = "NoDriftDetected"
DRIFT_CORRECTED: Final = "DriftCorrected"
DRIFT_CORRECTION_FAILED: Final = "DriftCorrectionFailed"

NO_DRIFT: Final = "No drift detected against the cluster state"

SUCCEEDED: Final = {
    Action.INSTALL: "InstallSucceeded",
    Action.UPGRADE: "UpgradeSucceeded",
    Action.TEST: "TestSucceeded",
    Action.ROLLBACK: "RollbackSucceeded",
    Action.UNINSTALL: "UninstallSucceeded",
}
FAILED: Final = {
    Action.INSTALL: "InstallFailed",
    Action.UPGRADE: "UpgradeFailed",
    Action.TEST: "TestFailed",
    Action.ROLLBACK: "RollbackFailed",
    Action.UNINSTALL: "UninstallFailed",
}


def of(snapshot: Snapshot) -> str:
    """A release and its chart."""
    return f"{release_name(snapshot)} with chart {chart_name(snapshot)}"


def released(action: Action, snapshot: Snapshot) -> str:
    """An install or an upgrade that succeeded."""
    return f"Helm {action.value} succeeded for release {of(snapshot)}"


def not_released(action: Action, release: str, chart: str, error: str) -> str:
    """An install or an upgrade that failed; `release` has no revision."""
    return f"Helm {action.value} failed for release {release} with chart {chart}: {error.strip()}"


def tested(snapshot: Snapshot) -> str:
    """Tests that succeeded."""
    count = len(snapshot.test_hooks or {})
    hooks = f"{count} test hook{'s' if count > 1 else ''} completed successfully" if count else "no test hooks"
    return f"Helm test succeeded for release {of(snapshot)}: {hooks}"


def not_tested(snapshot: Snapshot, error: str) -> str:
    """Tests that failed."""
    return f"Helm test failed for release {of(snapshot)}: {error.strip()}"


def awaiting_tests(snapshot: Snapshot) -> str:
    """Tests that are still to come."""
    return f"Helm release {of(snapshot)} is awaiting tests"


def remedied(action: Action, snapshot: Snapshot, error: str = "") -> str:
    """A rollback to a release, or the uninstall of one that failed: whether it succeeded."""
    what = "rollback to previous release" if action is Action.ROLLBACK else "uninstall remediation for release"
    end = f"failed: {error.strip()}" if error else "succeeded"
    return f"Helm {what} {of(snapshot)} {end}"


def uninstalled(snapshot: Snapshot, error: str = "") -> str:
    """The uninstall of a release that is not wanted any more: whether it succeeded."""
    if error:
        return f"Helm uninstall failed for release {of(snapshot)}: {error.strip()}"
    return f"Helm uninstall succeeded for release {of(snapshot)}"


def unlocked(snapshot: Snapshot, status: str, error: str = "") -> str:
    """A release that was found in the middle of something: whether it can be worked on again."""
    if error:
        return f"Unlock of Helm release {of(snapshot)} in {status} state failed: {error.strip()}"
    return f"Unlocked Helm release {of(snapshot)} in {status} state"
