"""The columns of Pods: a status is told from phase, conditions and the states of all containers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import ages, cells, shared


@dataclass
class _Summary:
    """What the loop over the containers finds out."""

    reason: str
    ready: int = 0
    total: int = 0
    restarts: int = 0
    last_restart: str = ""
    sidecar_restarts: int = 0
    sidecar_last_restart: str = ""
    sidecars: set[str] = field(default_factory=set)
    initializing: bool = False


def summary(pod: Object) -> _Summary:
    """The pod in short, as `kubectl get pods` does it."""
    status = pod.get("status") or {}
    found = _Summary(reason=status.get("reason") or status.get("phase", ""))
    if any(one.get("reason") == "SchedulingGated" for one in _conditions(pod) if one["type"] == "PodScheduled"):
        found.reason = "SchedulingGated"
    containers = cells.at(pod, "spec", "initContainers", default=[])
    found.sidecars = {one["name"] for one in containers if one.get("restartPolicy") == "Always"}
    found.total = len(cells.at(pod, "spec", "containers", default=[])) + len(found.sidecars)
    _look_at_init_containers(found, status.get("initContainerStatuses") or [], len(containers))
    initialized = any(one["type"] == "Initialized" and one["status"] == "True" for one in _conditions(pod))
    if not found.initializing or initialized:
        _look_at_containers(found, pod, status.get("containerStatuses") or [])
    if "deletionTimestamp" in pod["metadata"]:
        if status.get("reason") == "NodeLost":
            found.reason = "Unknown"
        elif status.get("phase") not in ("Failed", "Succeeded"):
            found.reason = "Terminating"
    return found


def _conditions(pod: Object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cells.at(pod, "status", "conditions", default=[])
    return found


def _look_at_init_containers(found: _Summary, statuses: list[dict[str, Any]], count: int) -> None:
    for place, one in enumerate(statuses):
        sidecar = one["name"] in found.sidecars
        _count_restarts(found, one, sidecar=sidecar)
        terminated, waiting = cells.at(one, "state", "terminated"), cells.at(one, "state", "waiting")
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if sidecar and one.get("started"):
            found.ready += int(bool(one.get("ready")))
            continue
        if terminated is not None:
            found.reason = f"Init:{_ended(terminated)}"
        elif waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            found.reason = f"Init:{waiting['reason']}"
        else:
            found.reason = f"Init:{place}/{count}"
        found.initializing = True
        return


def _look_at_containers(found: _Summary, pod: Object, statuses: list[dict[str, Any]]) -> None:
    found.restarts, found.last_restart = found.sidecar_restarts, found.sidecar_last_restart
    running, failure = False, ""
    for one in reversed(statuses):
        _count_restarts(found, one, sidecar=False)
        terminated, waiting = cells.at(one, "state", "terminated"), cells.at(one, "state", "waiting")
        if waiting and waiting.get("reason"):
            found.reason = waiting["reason"]
        elif terminated is not None:
            found.reason = _ended(terminated)
            failure = found.reason if terminated.get("exitCode") else failure
        elif one.get("ready") and cells.at(one, "state", "running") is not None:
            running = True
            found.ready += 1
    if found.reason == "Completed":
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in _conditions(pod))
        found.reason = "Running" if running and ready else failure or ("NotReady" if running else found.reason)


def _ended(terminated: dict[str, Any]) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _count_restarts(found: _Summary, one: dict[str, Any], *, sidecar: bool) -> None:
    count, last = one.get("restartCount", 0), cells.at(one, "lastState", "terminated", "finishedAt", default="")
    found.restarts += count
    found.last_restart = max(found.last_restart, last)
    if sidecar:
        found.sidecar_restarts += count
        found.sidecar_last_restart = max(found.sidecar_last_restart, last)


def _restarts(pod: Object, now: datetime) -> str:
    found = summary(pod)
    if found.restarts and found.last_restart:
        return f"{found.restarts} ({ages.since(found.last_restart, now)} ago)"
    return str(found.restarts)


def _ready(pod: Object) -> str:
    found = summary(pod)
    return f"{found.ready}/{found.total}"


def _gates(pod: Object) -> str:
    gates = [one["conditionType"] for one in cells.at(pod, "spec", "readinessGates", default=[])]
    passed = [one["type"] for one in _conditions(pod) if one["status"] == "True"]
    return f"{sum(gate in passed for gate in gates)}/{len(gates)}" if gates else shared.NONE


def _address(pod: Object) -> str:
    addresses = cells.at(pod, "status", "podIPs", default=[])
    return addresses[0].get("ip") or shared.NONE if addresses else shared.NONE


def conditions(pod: Object) -> list[dict[str, Any]]:
    """Row conditions, by which kubectl tells pods that are over."""
    phase = cells.at(pod, "status", "phase")
    if phase not in ("Succeeded", "Failed"):
        return []
    over = "The pod has completed successfully." if phase == "Succeeded" else "The pod failed."
    return [{"type": "Completed", "status": "True", "reason": phase, "message": over}]


COLUMNS = (
    cells.NAME,
    cells.text("Ready", _ready),
    cells.text("Status", lambda pod: summary(pod).reason),
    cells.Column(name="Restarts", cell=_restarts),
    cells.AGE,
    cells.text("IP", _address, wide=True),
    cells.field("Node", "spec", "nodeName", default=shared.NONE, wide=True),
    cells.field("Nominated Node", "status", "nominatedNodeName", default=shared.NONE, wide=True),
    cells.text("Readiness Gates", _gates, wide=True),
)
