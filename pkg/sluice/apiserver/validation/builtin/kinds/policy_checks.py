"""Scaling, disruption, priority, limits and leases."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names, quantities
from sluice.apiserver.validation.builtin.kinds.checks import (
    Errors,
    at_most_hundred_percent,
    count_or_percent,
    immutable,
    items,
    label_selector,
    named,
    non_negative,
    one_of,
)

_HIGHEST_PRIORITY = 1_000_000_000
_SYSTEM_PRIORITIES = ("system-node-critical", "system-cluster-critical")
_LIMITED = frozenset({"Pod", "Container", "PersistentVolumeClaim"})
_COUNTED = frozenset(
    {
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
_MEASURED = frozenset(
    {
        *("cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage"),
        *("requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage"),
    }
)


def validate_disruption_budget(obj: Object) -> Errors:
    """A PodDisruptionBudget."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    found: Errors = []
    if least is not None and most is not None:
        shown = {
            "MinAvailable": least,
            "Selector": spec.get("selector"),
            "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        detail = "minAvailable and maxUnavailable cannot be both set"
        found.append(fields.invalid("spec", fields.InOrder(shown), detail))
    for field, value in (("minAvailable", least), ("maxUnavailable", most)):
        found += count_or_percent(f"spec.{field}", value)
        found += at_most_hundred_percent(f"spec.{field}", value)
    found += label_selector("spec.selector", spec.get("selector"))
    if "unhealthyPodEvictionPolicy" in spec:
        policies = ("AlwaysAllow", "IfHealthyBudget")
        found += one_of("spec.unhealthyPodEvictionPolicy", spec["unhealthyPodEvictionPolicy"], policies)
    return found


def validate_priority_class(obj: Object) -> Errors:
    """A PriorityClass."""
    name, value = obj["metadata"].get("name") or "", obj.get("value") or 0
    found: Errors = []
    if name.startswith("system-") and name not in _SYSTEM_PRIORITIES:
        detail = (
            "priority class names with 'system-' prefix are reserved for system use only. "
            f"error: {name} is not a known system priority class"
        )
        found.append(fields.forbidden("metadata.name", detail))
    elif value > _HIGHEST_PRIORITY and name not in _SYSTEM_PRIORITIES:
        detail = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        found.append(fields.forbidden("value", detail))
    return found + one_of("preemptionPolicy", obj.get("preemptionPolicy"), ("PreemptLowerPriority", "Never"))


def validate_priority_class_update(obj: Object, old: Object) -> Errors:
    """A PriorityClass that replaces another."""
    found: Errors = []
    if obj.get("value") != old.get("value"):
        found.append(fields.forbidden("value", "may not be changed in an update."))
    return found + immutable("preemptionPolicy", obj.get("preemptionPolicy"), old.get("preemptionPolicy"))


def validate_lease(obj: Object) -> Errors:
    """A Lease."""
    spec = obj.get("spec") or {}
    seconds = spec.get("leaseDurationSeconds")
    found: Errors = []
    if seconds is not None and seconds <= 0:
        found.append(fields.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"))
    found += non_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
    return found


def validate_limit_range(obj: Object) -> Errors:
    """A LimitRange."""
    found: Errors = []
    for at, limit in items(obj.get("spec"), "limits", "spec"):
        kind = limit.get("type") or ""
        if kind not in _LIMITED and "/" not in kind:
            found.append(fields.invalid(f"{at}.type", kind, "must be a standard limit type or fully qualified"))
        for name in sorted({*(limit.get("min") or {}), *(limit.get("max") or {}), *(limit.get("default") or {})}):
            found += _bounds(limit, name, at)
    return found


def _bounds(limit: Object, name: str, path: str) -> Errors:
    # What is compared, whose value is shown, and how the message names both.
    pairs = (
        ("min", "max", "min", "min value {} is greater than max value {}"),
        ("min", "defaultRequest", "defaultRequest", "min value {} is greater than default request value {}"),
        ("defaultRequest", "max", "defaultRequest", "default request value {} is greater than max value {}"),
        (
            "defaultRequest",
            "default",
            "defaultRequest",
            "default request value {} is greater than default limit value {}",
        ),
        ("min", "default", "default", "min value {} is greater than default value {}"),
        ("default", "max", "default", "default value {} is greater than max value {}"),
    )
    found: Errors = []
    for low, high, field, text in pairs:
        small, large = (limit.get(low) or {}).get(name), (limit.get(high) or {}).get(name)
        if small is None or large is None or quantities.parse(small) <= quantities.parse(large):
            continue
        # The real server shows the bound, not the default, for a default out of bounds.
        shown = (small if low == "min" else large) if field == "default" else (limit.get(field) or {})[name]
        found.append(fields.invalid(f"{path}.{field}[{name}]", shown, text.format(small, large)))
    return found


def validate_quota(obj: Object) -> Errors:
    """A ResourceQuota."""
    found: Errors = []
    hard = (obj.get("spec") or {}).get("hard") or {}
    for name in sorted(hard):
        at = f"spec.hard[{name}]"
        found += _quota_name(name, at)
        value = quantities.parse(hard[name])
        if value < 0:
            found.append(fields.invalid(at, hard[name], "must be greater than or equal to 0"))
        elif (name in _COUNTED or name.startswith("count/")) and value.denominator != 1:
            found.append(fields.invalid(at, hard[name], "must be an integer"))
    return found


def _quota_name(name: str, path: str) -> Errors:
    found = named(path, name, names.label_key)
    if found or "/" in name or name in _COUNTED | _MEASURED or "hugepages-" in name:
        return found
    detail = "must be a standard resource type or fully qualified"
    quota = "must be a standard resource for quota"
    return [fields.invalid(path, name, detail), fields.invalid(path, name, quota)]
