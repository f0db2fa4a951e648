"""The rules of kstatus, kind by kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.ssa.health import Status, judge, needs_status

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)

GOOD_DEPLOYMENT = {
    "replicas": 2,
    "updatedReplicas": 2,
    "readyReplicas": 2,
    "availableReplicas": 2,
    "conditions": [
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
        {"type": "Available", "status": "True"},
    ],
}
GOOD_SET = {"replicas": 2, "readyReplicas": 2, "currentReplicas": 2, "currentRevision": "a", "updateRevision": "a"}
GOOD_DAEMONS = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 2,
    "currentNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
    "numberReady": 2,
}


def verdict(api_version: str, kind: str, spec: Any = None, status: Any = None, **meta: Any) -> Status:
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "generation": 1, **meta}}
    return judge({**obj, "spec": spec or {}, "status": status or {}}, NOW).status


def condition(type_: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": type_, "status": status, **more}]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Status.CURRENT),
        ({"replicas": 1}, Status.IN_PROGRESS),
        ({"updatedReplicas": 1}, Status.IN_PROGRESS),
        ({"replicas": 3}, Status.IN_PROGRESS),
        ({"availableReplicas": 1}, Status.IN_PROGRESS),
        ({"readyReplicas": 1}, Status.IN_PROGRESS),
        ({"conditions": GOOD_DEPLOYMENT["conditions"][:1]}, Status.IN_PROGRESS),  # type: ignore[index]
        ({"conditions": GOOD_DEPLOYMENT["conditions"][1:]}, Status.IN_PROGRESS),  # type: ignore[index]
        (condition("Progressing", "False", reason="ProgressDeadlineExceeded"), Status.FAILED),
        ({"observedGeneration": 0}, Status.IN_PROGRESS),
    ],
)
def test_a_deployment(change: dict[str, Any], expected: Status) -> None:
    spec = {"replicas": 2, "progressDeadlineSeconds": 600}
    assert verdict("apps/v1", "Deployment", spec, {**GOOD_DEPLOYMENT, **change}) is expected


def test_a_deployment_without_a_deadline_need_not_report_progress() -> None:
    available = {**GOOD_DEPLOYMENT, "conditions": GOOD_DEPLOYMENT["conditions"][1:]}  # type: ignore[index]
    assert verdict("apps/v1", "Deployment", {"replicas": 2}, available) is Status.CURRENT


def test_a_deployment_that_its_controller_has_not_seen_is_in_progress() -> None:
    assert verdict("apps/v1", "Deployment", {"replicas": 0, "progressDeadlineSeconds": 600}) is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("strategy", "change", "expected"),
    [
        ({}, {}, Status.CURRENT),
        ({}, {"readyReplicas": 1}, Status.IN_PROGRESS),
        ({}, {"replicas": 3}, Status.IN_PROGRESS),
        ({}, {"currentReplicas": 1}, Status.IN_PROGRESS),
        ({}, {"updateRevision": "b"}, Status.IN_PROGRESS),
        ({"type": "OnDelete"}, {"readyReplicas": 0}, Status.CURRENT),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, {"updatedReplicas": 1}, Status.CURRENT),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, {"updatedReplicas": 0}, Status.IN_PROGRESS),
    ],
)
def test_a_stateful_set(strategy: dict[str, Any], change: dict[str, Any], expected: Status) -> None:
    spec = {"replicas": 2, "updateStrategy": strategy}
    assert verdict("apps/v1", "StatefulSet", spec, {**GOOD_SET, **change}) is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Status.CURRENT),
        ({"numberReady": 1}, Status.IN_PROGRESS),
        ({"numberAvailable": 1}, Status.IN_PROGRESS),
        ({"updatedNumberScheduled": 1}, Status.IN_PROGRESS),
        ({"currentNumberScheduled": 1}, Status.IN_PROGRESS),
    ],
)
def test_a_daemon_set(change: dict[str, Any], expected: Status) -> None:
    assert verdict("apps/v1", "DaemonSet", {}, {**GOOD_DAEMONS, **change}) is expected


def test_a_daemon_set_that_its_controller_has_not_seen_is_in_progress() -> None:
    assert verdict("apps/v1", "DaemonSet", {}, {}) is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Status.CURRENT),
        ({"readyReplicas": 0}, Status.IN_PROGRESS),
        ({"fullyLabeledReplicas": 0}, Status.IN_PROGRESS),
        (condition("ReplicaFailure"), Status.IN_PROGRESS),
    ],
)
def test_a_replica_set(change: dict[str, Any], expected: Status) -> None:
    good = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "fullyLabeledReplicas": 1}
    assert verdict("apps/v1", "ReplicaSet", {"replicas": 1}, {**good, **change}) is expected


CRASHING = {"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Succeeded"}, Status.CURRENT),
        ({"phase": "Failed"}, Status.CURRENT),
        ({"phase": "Running", **condition("Ready")}, Status.CURRENT),
        ({"phase": "Running", **condition("Ready", "False")}, Status.IN_PROGRESS),
        ({"phase": "Running", **CRASHING}, Status.FAILED),
        ({"phase": "Pending"}, Status.IN_PROGRESS),
        ({}, Status.IN_PROGRESS),
        (
            {
                "phase": "Pending",
                **condition("PodScheduled", "False", reason="Unschedulable", lastTransitionTime="2026-01-01T11:59:50Z"),
            },
            Status.IN_PROGRESS,
        ),
        (
            {
                "phase": "Pending",
                **condition("PodScheduled", "False", reason="Unschedulable", lastTransitionTime="2026-01-01T11:59:40Z"),
            },
            Status.FAILED,
        ),
    ],
)
def test_a_pod(status: dict[str, Any], expected: Status) -> None:
    assert verdict("v1", "Pod", {}, status) is expected


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, Status.IN_PROGRESS),
        ({"suspend": True}, {}, Status.CURRENT),
        ({}, condition("Complete"), Status.CURRENT),
        ({}, condition("Failed"), Status.FAILED),
        ({}, {"active": 1, **condition("Failed", "False")}, Status.IN_PROGRESS),
    ],
)
def test_a_job_is_waited_for_to_its_end(spec: dict[str, Any], status: dict[str, Any], expected: Status) -> None:
    assert verdict("batch/v1", "Job", spec, status) is expected


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "status", "expected"),
    [
        ("v1", "ConfigMap", {}, {}, Status.CURRENT),
        ("v1", "Secret", {}, {}, Status.CURRENT),
        ("batch/v1", "CronJob", {}, {}, Status.CURRENT),
        ("policy/v1", "PodDisruptionBudget", {}, {}, Status.CURRENT),
        ("v1", "Service", {"type": "ClusterIP"}, {}, Status.CURRENT),
        ("v1", "Service", {"type": "LoadBalancer"}, {}, Status.IN_PROGRESS),
        ("v1", "Service", {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, {}, Status.CURRENT),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}, Status.IN_PROGRESS),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}, Status.CURRENT),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {}, Status.IN_PROGRESS),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, condition("Established"), Status.CURRENT),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, condition("NamesAccepted", "False"), Status.FAILED),
    ],
)
def test_other_built_in_kinds(
    api_version: str, kind: str, spec: dict[str, Any], status: dict[str, Any], expected: Status
) -> None:
    assert verdict(api_version, kind, spec, status) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, Status.CURRENT),
        (condition("Ready"), Status.CURRENT),
        (condition("Ready", "False"), Status.IN_PROGRESS),
        (condition("Ready", "Unknown"), Status.IN_PROGRESS),
        (condition("Stalled"), Status.FAILED),
        (condition("Reconciling"), Status.IN_PROGRESS),
        ({"observedGeneration": 0, **condition("Ready")}, Status.IN_PROGRESS),
        ({"observedGeneration": 1, **condition("Ready")}, Status.CURRENT),
    ],
)
def test_custom_kinds_are_judged_by_the_usual_conditions(status: dict[str, Any], expected: Status) -> None:
    assert verdict("example.com/v1", "Widget", {}, status) is expected


def test_an_object_under_deletion_is_terminating_whatever_else_it_says() -> None:
    assert verdict("v1", "ConfigMap", deletionTimestamp="2026-01-01T00:00:00Z") is Status.TERMINATING


def test_only_kinds_with_more_than_presence_need_their_status_watched() -> None:
    assert needs_status("apps", "Deployment")
    assert needs_status("example.com", "Widget")
    assert not needs_status("", "ConfigMap")
