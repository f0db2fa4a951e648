"""Defaults of scaling, limits, priorities and access."""

import copy

from sluice.apiserver.storage.entries import Object

RBAC = "rbac.authorization.k8s.io"
_CPU: Object = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
_DOUBLE = {"type": "Percent", "value": 100, "periodSeconds": 15}
_FOUR_PODS = {"type": "Pods", "value": 4, "periodSeconds": 15}


def default_autoscaler(obj: Object) -> None:
    """A HorizontalPodAutoscaler of v2."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        spec["metrics"] = [{"type": "Resource", "resource": copy.deepcopy(_CPU)}]
    behavior = spec.get("behavior")
    if behavior is not None:
        up = behavior.setdefault("scaleUp", {})
        up.setdefault("stabilizationWindowSeconds", 0)
        _default_rules(up, [dict(_FOUR_PODS), dict(_DOUBLE)])
        _default_rules(behavior.setdefault("scaleDown", {}), [dict(_DOUBLE)])


def default_autoscaler_v1(obj: Object) -> None:
    """A HorizontalPodAutoscaler of v1."""
    obj.setdefault("spec", {}).setdefault("minReplicas", 1)


def _default_rules(rules: Object, policies: list[Object]) -> None:
    rules.setdefault("selectPolicy", "Max")
    if not rules.get("policies"):
        rules["policies"] = policies


def default_limit_range(obj: Object) -> None:
    """A LimitRange: what containers may have at most is what they get, and that what they ask for."""
    for limit in (obj.get("spec") or {}).get("limits") or ():
        if limit.get("type") != "Container":
            continue
        for source, target in (("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")):
            for name, quantity in (limit.get(source) or {}).items():
                limit.setdefault(target, {}).setdefault(name, quantity)


def default_priority_class(obj: Object) -> None:
    """A PriorityClass."""
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


def default_binding(obj: Object) -> None:
    """A RoleBinding or ClusterRoleBinding."""
    reference = obj.setdefault("roleRef", {})
    if not reference.get("apiGroup"):
        reference["apiGroup"] = RBAC
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", RBAC)
