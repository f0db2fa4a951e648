"""Health of pods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sluice.ssa.health import reading, verdicts

_STARTING: Final = ("ContainerCreating", "PodInitializing")
_UNSCHEDULABLE_GRACE: Final = timedelta(seconds=15)


def pod(obj: Mapping[str, Any], now: datetime) -> verdicts.Health:
    """Ready, or completed in whatever way; failed when containers crash in a loop or no node takes it for 15 s."""
    phase = reading.part(obj, "status").get("phase") or ""
    match phase:
        case "Succeeded":
            return verdicts.current("Pod has completed successfully")
        case "Failed":
            return verdicts.current("Pod has completed, but not successfully")
        case "Running":
            return _running(obj)
        case "Pending":
            return _pending(obj, now)
        case "":
            return verdicts.in_progress("Pod phase not available")
    return verdicts.unknown(f"unknown phase {phase}")


def _running(obj: Mapping[str, Any]) -> verdicts.Health:
    if reading.is_true(obj, "Ready"):
        return verdicts.current("Pod is Ready")
    crashing = _crashing(obj)
    if crashing:
        return verdicts.failed(f"Containers in CrashLoop state: {','.join(crashing)}")
    return verdicts.in_progress("Pod is running but is not Ready")


def _pending(obj: Mapping[str, Any], now: datetime) -> verdicts.Health:
    if not _unschedulable(obj):
        return verdicts.in_progress("Pod is in the Pending phase")
    created = obj["metadata"].get("creationTimestamp")
    if created and now - datetime.fromisoformat(str(created)) < _UNSCHEDULABLE_GRACE:
        return verdicts.in_progress("Pod has not been scheduled")
    return verdicts.failed("Pod could not be scheduled")


def _crashing(obj: Mapping[str, Any]) -> list[str]:
    """Init containers are left out: those that crash until what they wait for is there are common."""
    statuses = reading.part(obj, "status").get("containerStatuses") or []
    waiting = ((one.get("name") or "", ((one.get("state") or {}).get("waiting") or {})) for one in statuses)
    return [name for name, state in waiting if state.get("reason") == "CrashLoopBackOff"]


def _unschedulable(obj: Mapping[str, Any]) -> bool:
    scheduled = reading.condition(obj, "PodScheduled") or {}
    return scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable"


def has_failed(obj: Mapping[str, Any], now: datetime) -> bool:
    """Whether the pod speaks against the workload that made it: not while it is on its way out, or waits for a node."""
    leaving = bool(obj["metadata"].get("deletionTimestamp"))
    return not _unschedulable(obj) and not leaving and pod(obj, now).status is verdicts.Status.FAILED


def last_word(obj: Mapping[str, Any]) -> str:
    """Why the pod is not ready, as far as it says; "" if it does not.

    What a container wrote as it ended stays untold: it could be anything.
    """
    name = f"Pod {obj['metadata']['name']}"
    for one in _containers(obj):
        state, before = one.get("state") or {}, (one.get("lastState") or {}).get("terminated") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or before
        ending = f"{ended.get('reason')}, exit code {ended.get('exitCode')}" if ended.get("exitCode") else ""
        if waiting.get("reason") in (None, *_STARTING) and not ending:
            continue
        words = (waiting.get("reason"), waiting.get("message"), ending)
        return f"{name}, container {one.get('name')}: {': '.join(word for word in words if word)}"
    scheduled = reading.condition(obj, "PodScheduled") or {}
    if scheduled.get("status") == "False" and scheduled.get("message"):
        return f"{name}: {scheduled['message']}"
    return ""


def _containers(obj: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = reading.part(obj, "status")
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
