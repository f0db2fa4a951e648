"""The rules of kstatus, kind by kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.ssa.health import Health, Status, judge, needs_status

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


def test_a_deployment_with_the_longest_deadline_has_none() -> None:
    available = {**GOOD_DEPLOYMENT, "conditions": GOOD_DEPLOYMENT["conditions"][1:]}  # type: ignore[index]
    spec = {"replicas": 2, "progressDeadlineSeconds": 2147483647}
    assert verdict("apps/v1", "Deployment", spec, available) is Status.CURRENT


def test_a_deployment_that_its_controller_has_not_seen_is_in_progress() -> None:
    assert verdict("apps/v1", "Deployment", {"replicas": 0, "progressDeadlineSeconds": 600}) is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("strategy", "change", "expected"),
    [
        ({}, {}, Status.CURRENT),
        ({}, {"replicas": 1}, Status.IN_PROGRESS),
        ({}, {"readyReplicas": 1}, Status.IN_PROGRESS),
        ({}, {"replicas": 3}, Status.IN_PROGRESS),
        ({}, {"currentReplicas": 1}, Status.IN_PROGRESS),
        ({}, {"updateRevision": "b"}, Status.IN_PROGRESS),
        ({"type": "OnDelete"}, {"readyReplicas": 0}, Status.CURRENT),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, {"updatedReplicas": 1}, Status.CURRENT),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, {"updatedReplicas": 0}, Status.IN_PROGRESS),
        # As the API server fills it in: all have to be of the new revision, and that is all.
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}, {"updatedReplicas": 1}, Status.IN_PROGRESS),
        (
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            {"updatedReplicas": 2, "currentReplicas": 0, "updateRevision": "b"},
            Status.CURRENT,
        ),
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


@pytest.mark.parametrize("missing", ["observedGeneration", "desiredNumberScheduled"])
def test_a_daemon_set_that_its_controller_has_not_seen_is_in_progress(missing: str) -> None:
    status = {key: value for key, value in GOOD_DAEMONS.items() if key != missing}
    assert verdict("apps/v1", "DaemonSet", {}, status) is Status.IN_PROGRESS
    assert verdict("apps/v1", "DaemonSet", {}, {}) is Status.IN_PROGRESS


def test_a_daemon_set_without_a_generation_is_in_progress() -> None:
    assert verdict("apps/v1", "DaemonSet", {}, GOOD_DAEMONS, generation=None) is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Status.CURRENT),
        ({"readyReplicas": 0}, Status.IN_PROGRESS),
        ({"fullyLabeledReplicas": 0}, Status.IN_PROGRESS),
        ({"availableReplicas": 0}, Status.IN_PROGRESS),
        ({"replicas": 2}, Status.IN_PROGRESS),
        (condition("ReplicaFailure", "False"), Status.CURRENT),
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
        ({"phase": "Running", **CRASHING, **condition("Ready")}, Status.CURRENT),
        # What an init container waits for may come yet.
        ({"phase": "Pending", "initContainerStatuses": CRASHING["containerStatuses"]}, Status.IN_PROGRESS),
        ({"phase": "Unknown"}, Status.UNKNOWN),
    ],
)
def test_a_pod(status: dict[str, Any], expected: Status) -> None:
    assert verdict("v1", "Pod", {}, status) is expected


@pytest.mark.parametrize(
    ("created", "expected"),
    [("2026-01-01T11:59:50Z", Status.IN_PROGRESS), ("2026-01-01T11:59:40Z", Status.FAILED)],
)
def test_a_pod_that_no_node_takes_has_failed_fifteen_seconds_after_it_was_made(created: str, expected: Status) -> None:
    unschedulable = condition(
        "PodScheduled", "False", reason="Unschedulable", lastTransitionTime="2026-01-01T12:00:00Z"
    )
    status = {"phase": "Pending", **unschedulable}
    assert verdict("v1", "Pod", {}, status, creationTimestamp=created) is expected


def test_a_pod_that_is_to_be_scheduled_is_in_progress_however_old() -> None:
    gated = condition("PodScheduled", "False", reason="SchedulingGated")
    status = {"phase": "Pending", **gated}
    assert verdict("v1", "Pod", {}, status, creationTimestamp="2020-01-01T00:00:00Z") is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, Status.IN_PROGRESS),
        ({"suspend": True}, {}, Status.CURRENT),
        ({"suspend": False}, {"startTime": "2026-01-01T00:00:00Z", "active": 1}, Status.IN_PROGRESS),
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
        ("policy/v1", "PodDisruptionBudget", {}, {"observedGeneration": 1}, Status.CURRENT),
        ("policy/v1", "PodDisruptionBudget", {}, {"observedGeneration": 0}, Status.IN_PROGRESS),
        ("networking.k8s.io/v1", "Ingress", {}, {}, Status.CURRENT),
        ("networking.k8s.io/v1", "NetworkPolicy", {}, {}, Status.CURRENT),
        ("v1", "Namespace", {}, {"phase": "Active"}, Status.CURRENT),
        ("v1", "Service", {}, {}, Status.CURRENT),
        ("v1", "PersistentVolumeClaim", {}, {}, Status.IN_PROGRESS),
        ("v1", "Service", {"type": "ClusterIP"}, {}, Status.CURRENT),
        ("v1", "Service", {"type": "LoadBalancer"}, {}, Status.IN_PROGRESS),
        ("v1", "Service", {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, {}, Status.CURRENT),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}, Status.IN_PROGRESS),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}, Status.CURRENT),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {}, Status.IN_PROGRESS),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, condition("Established"), Status.CURRENT),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, condition("NamesAccepted", "False"), Status.FAILED),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, condition("NamesAccepted"), Status.IN_PROGRESS),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            {},
            condition("Established", "False", reason="Installing"),
            Status.IN_PROGRESS,
        ),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            {},
            condition("Established", "False", reason="NotAccepted"),
            Status.FAILED,
        ),
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
        (condition("Stalled", "False"), Status.CURRENT),
        (condition("Reconciling", "Unknown"), Status.CURRENT),
        (condition("Ready", "Perhaps"), Status.CURRENT),
        (condition("Available", "False"), Status.CURRENT),
        ({"observedGeneration": None, "conditions": None}, Status.CURRENT),
        # The generation that a condition was set for does not count.
        ({"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 0}]}, Status.CURRENT),
        (
            {"conditions": [{"type": "Stalled", "status": "True"}, {"type": "Reconciling", "status": "True"}]},
            Status.FAILED,
        ),
        (
            {"conditions": [{"type": "Reconciling", "status": "True"}, {"type": "Stalled", "status": "True"}]},
            Status.IN_PROGRESS,
        ),
    ],
)
def test_custom_kinds_are_judged_by_the_usual_conditions(status: dict[str, Any], expected: Status) -> None:
    assert verdict("example.com/v1", "Widget", {}, status) is expected


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("fine", "status"),
        ({"observedGeneration": "1"}, "observedGeneration"),
        ({"conditions": {"Ready": "True"}}, "conditions"),
        ({"conditions": ["Ready"]}, "conditions"),
        ({"conditions": [{"type": "Ready", "status": True}]}, "conditions"),
    ],
)
def test_a_status_of_another_form_says_nothing(status: Any, what: str) -> None:
    obj = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x", "generation": 1}}
    assert judge({**obj, "status": status}, NOW) == Health(Status.UNKNOWN, f"its {what} cannot be read")


def test_a_generation_that_nobody_counts_is_not_compared() -> None:
    assert verdict("example.com/v1", "Widget", {}, {"observedGeneration": 1}, generation=None) is Status.CURRENT


def test_an_object_under_deletion_is_terminating_whatever_else_it_says() -> None:
    assert verdict("v1", "ConfigMap", deletionTimestamp="2026-01-01T00:00:00Z") is Status.TERMINATING


def test_only_kinds_with_more_than_presence_need_their_status_watched() -> None:
    assert needs_status("apps", "Deployment")
    assert needs_status("example.com", "Widget")
    assert needs_status("policy", "PodDisruptionBudget")
    assert not needs_status("", "ConfigMap")
