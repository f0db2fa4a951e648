"""Between the version an object is stored in and the version a request names.

Custom kinds convert as CRDs with strategy None do: the fields stay, the apiVersion changes. The two built-in kinds that
have several versions with fields of different names have their own functions here.
"""

from typing import Any

from sluice.apiserver import errors
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object

_EVENTS = ("events.k8s.io", "Event")
# events.k8s.io/v1 on the left, core/v1 on the right.
_EVENT_FIELDS = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}


def to_storage(kind: KindInfo, obj: Object) -> Object:
    """The object as it is stored."""
    if kind.gvk == kind.storage:
        return obj
    renamed = {**obj, "apiVersion": kind.storage.api_version}
    if (kind.group, kind.kind) == _EVENTS:
        return _rename(renamed, _EVENT_FIELDS)
    if kind.crd is None:
        return _autoscaler_to_v2(renamed)
    return renamed


def from_storage(kind: KindInfo, obj: Object) -> Object:
    """The stored object in the version of `kind`.

    It may have been stored in a version that was the storage version once, so the object itself says which it is.
    """
    if obj["apiVersion"] == kind.api_version:
        return obj
    renamed = {**obj, "apiVersion": kind.api_version}
    if (kind.group, kind.kind) == _EVENTS:
        return _rename(renamed, {old: new for new, old in _EVENT_FIELDS.items()})
    if kind.crd is None:
        return _autoscaler_to_v1(renamed)
    return renamed


def _rename(obj: Object, names: dict[str, str]) -> Object:
    return {names.get(name, name): value for name, value in obj.items()}


def _autoscaler_to_v2(obj: Object) -> Object:
    spec = dict(obj.get("spec", {}))
    target = spec.pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        wanted = {"type": "Utilization", "averageUtilization": target}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": wanted}}]
    status = dict(obj.get("status", {}))
    current = status.pop("currentCPUUtilizationPercentage", None)
    if current is not None:
        seen = {"averageUtilization": current}
        status["currentMetrics"] = [{"type": "Resource", "resource": {"name": "cpu", "current": seen}}]
    return {**obj, "spec": spec, "status": status}


def _autoscaler_to_v1(obj: Object) -> Object:
    spec = dict(obj.get("spec", {}))
    metrics: list[dict[str, Any]] = spec.pop("metrics", [])
    if "behavior" in spec or any(_cpu_target(metric) is None for metric in metrics):
        # A real server tucks these into annotations; saying nothing would lose them on the way back.
        raise errors.internal("autoscaling/v1 cannot express this HorizontalPodAutoscaler; use autoscaling/v2")
    if metrics:
        spec["targetCPUUtilizationPercentage"] = _cpu_target(metrics[0])
    status = {key: value for key, value in obj.get("status", {}).items() if key not in ("currentMetrics", "conditions")}
    return {**obj, "spec": spec, "status": status}


def _cpu_target(metric: dict[str, Any]) -> int | None:
    resource = metric.get("resource", {})
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    found: int | None = resource.get("target", {}).get("averageUtilization")
    return found
