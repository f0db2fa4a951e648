"""Health of what keeps pods running: Deployment, StatefulSet, DaemonSet, ReplicaSet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sluice.ssa.health import reading, verdicts

Object = Mapping[str, Any]

_NO_DEADLINE: Final = (1 << 31) - 1
"""A progress deadline that the controller of Deployments takes for none: then it does not report progress."""


def _first(checks: Iterable[tuple[bool, str]]) -> verdicts.Health | None:
    """In progress for the reason of the first check that is true."""
    return next((verdicts.in_progress(text) for waiting, text in checks if waiting), None)


def deployment(obj: Object) -> verdicts.Health:
    """All replicas updated, available and ready, none surplus, and the rollout declared complete."""
    spec, status = reading.part(obj, "spec"), reading.part(obj, "status")
    progressing = reading.condition(obj, "Progressing") or {}
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return verdicts.failed("Progress deadline exceeded")
    unbounded = reading.number(spec, "progressDeadlineSeconds", _NO_DEADLINE) == _NO_DEADLINE
    rolled_out = progressing.get("status") == "True" and progressing.get("reason") == "NewReplicaSetAvailable"
    want, have = reading.number(spec, "replicas", 1), reading.number(status, "replicas")
    updated, ready = reading.number(status, "updatedReplicas"), reading.number(status, "readyReplicas")
    available = reading.number(status, "availableReplicas")
    waiting = _first(
        [
            (want > have, f"Replicas: {have}/{want}"),
            (want > updated, f"Updated: {updated}/{want}"),
            (have > want, f"Pending termination: {have - want}"),
            (updated > available, f"Available: {available}/{updated}"),
            (want > ready, f"Ready: {ready}/{want}"),
            (not rolled_out and not unbounded, "ReplicaSet not Available"),
            (not reading.is_true(obj, "Available"), "Deployment not Available"),
        ]
    )
    return waiting or verdicts.current(f"Deployment is available. Replicas: {have}")


def stateful_set(obj: Object) -> verdicts.Health:
    """All replicas there, ready and of the wanted revision; a partition asks for those above it only."""
    spec, status = reading.part(obj, "spec"), reading.part(obj, "status")
    strategy = reading.part(spec, "updateStrategy")
    if strategy.get("type") == "OnDelete":
        return verdicts.current("StatefulSet is using the ondelete update strategy")
    want, have = reading.number(spec, "replicas", 1), reading.number(status, "replicas")
    ready, now = reading.number(status, "readyReplicas"), reading.number(status, "currentReplicas")
    waiting = _first(
        [
            (want > have, f"Replicas: {have}/{want}"),
            (want > ready, f"Ready: {ready}/{want}"),
            (have > want, f"Pending termination: {have - want}"),
        ]
    )
    if waiting:
        return waiting
    partition = reading.number(reading.part(strategy, "rollingUpdate"), "partition", -1)
    if partition != -1:
        return _partitioned(reading.number(status, "updatedReplicas"), want - partition)
    waiting = _first(
        [
            (want > now, f"current: {now}/{want}"),
            (
                status.get("currentRevision") != status.get("updateRevision"),
                "Waiting for updated revision to match current",
            ),
        ]
    )
    return waiting or verdicts.current(f"All replicas scheduled as expected. Replicas: {have}")


def _partitioned(updated: int, want: int) -> verdicts.Health:
    if updated < want:
        return verdicts.in_progress(f"updated: {updated}/{want}")
    return verdicts.current(f"Partition rollout complete. updated: {updated}")


def replica_set(obj: Object) -> verdicts.Health:
    """All replicas labelled, available and ready, none surplus."""
    spec, status = reading.part(obj, "spec"), reading.part(obj, "status")
    want, have = reading.number(spec, "replicas", 1), reading.number(status, "replicas")
    labelled = reading.number(status, "fullyLabeledReplicas")
    available, ready = reading.number(status, "availableReplicas"), reading.number(status, "readyReplicas")
    waiting = _first(
        [
            (reading.is_true(obj, "ReplicaFailure"), "Replica Failure condition. Check Pods"),
            (want > labelled, f"Labelled: {labelled}/{want}"),
            (want > available, f"Available: {available}/{want}"),
            (want > ready, f"Ready: {ready}/{want}"),
            (have > want, f"Pending termination: {have - want}"),
        ]
    )
    return waiting or verdicts.current(f"ReplicaSet is available. Replicas: {have}")


def daemon_set(obj: Object) -> verdicts.Health:
    """Scheduled, updated, available and ready on every node it is for, once its controller has seen it."""
    status = reading.part(obj, "status")
    want = reading.number(status, "desiredNumberScheduled", -1)
    have = reading.number(status, "currentNumberScheduled")
    updated = reading.number(status, "updatedNumberScheduled")
    available, ready = reading.number(status, "numberAvailable"), reading.number(status, "numberReady")
    seen = reading.is_number(obj["metadata"].get("generation")) and "observedGeneration" in status
    waiting = _first(
        [
            (not seen, "Controller has not observed the latest resource generation"),
            (want < 0, "Missing .status.desiredNumberScheduled"),
            (want > have, f"Current: {have}/{want}"),
            (want > updated, f"Updated: {updated}/{want}"),
            (want > available, f"Available: {available}/{want}"),
            (want > ready, f"Ready: {ready}/{want}"),
        ]
    )
    return waiting or verdicts.current(f"All replicas scheduled as expected. Replicas: {want}")
