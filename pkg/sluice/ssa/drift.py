"""Does the live object differ from what applying would make of it? Flux's rule, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def drifted(live: Mapping[str, Any] | None, applied: Mapping[str, Any]) -> bool:
    """Whether the dry run of an apply shows a change.

    Compared are labels, annotations and all that is outside `metadata` and `status`. An object that a dry run
    would create has no resourceVersion. Empty and absent mappings and lists are equal, as they are to
    Kubernetes.
    """
    if live is None or not applied["metadata"].get("resourceVersion"):
        return True
    return any(not equal(before, after) for before, after in zip(_compared(live), _compared(applied), strict=True))


def _compared(obj: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    meta = obj["metadata"]
    body = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    return meta.get("labels"), meta.get("annotations"), _without_repeated_metrics(body)


def equal(left: Any, right: Any) -> bool:
    """Semantic equality: `None`, `{}` and `[]` are one, everything else compares by value and type."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = left.keys() | right.keys()
        return all(equal(left.get(key), right.get(key)) for key in keys)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if _empty(left) or _empty(right):
        return _empty(left) and _empty(right)
    # bool is an int to Python; to the API it is not.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _empty(value: Any) -> bool:
    return value is None or value == {} or value == []


def _without_repeated_metrics(body: dict[str, Any]) -> dict[str, Any]:
    """Dry runs before Kubernetes 1.27 repeat a metric and add an empty one (kubernetes/kubernetes#118293)."""
    spec = body.get("spec")
    if body.get("kind") != "HorizontalPodAutoscaler" or not isinstance(spec, dict) or not spec.get("metrics"):
        return body
    metrics: list[Any] = []
    for metric in spec["metrics"]:
        if metric.get("type") and metric not in metrics:
            metrics.append(metric)
    return {**body, "spec": {**spec, "metrics": metrics}}
