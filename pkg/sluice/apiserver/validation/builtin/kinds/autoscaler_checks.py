"""HorizontalPodAutoscalers of v2 (and of v1, which has fewer fields)."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, named, one_of

_SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_LONGEST_WINDOW = 3600
_TARGETS = ("Utilization", "Value", "AverageValue")


def validate(obj: Object) -> Errors:
    """The spec."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas") or 0
    found: Errors = []
    if least < 1:
        found.append(fields.invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        found.append(fields.required("spec.maxReplicas", "must be set and greater than 0"))
    if most < least:
        found.append(fields.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    found += _target_reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef")
    found += _metrics(spec, least)
    for direction in ("scaleUp", "scaleDown"):
        rules = (spec.get("behavior") or {}).get(direction)
        if rules is not None:
            found += _rules(rules, f"spec.behavior.{direction}")
    return found


def _target_reference(reference: Object, path: str) -> Errors:
    found: Errors = []
    for field in ("kind", "name"):
        given = reference.get(field) or ""
        found += named(f"{path}.{field}", given, names.path_segment) if given else [fields.required(f"{path}.{field}")]
    version = reference.get("apiVersion") or ""
    if version.count("/") > 1:
        found.append(fields.invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}"))
    elif not version:
        found.append(fields.invalid(f"{path}.apiVersion", "", "apiVersion must specify API group"))
    return found


def _metrics(spec: Object, least: int) -> Errors:
    found: Errors = []
    for at, metric in items(spec, "metrics", "spec"):
        found += _metric(metric, at)
    kinds = {metric.get("type") for metric in spec.get("metrics") or ()}
    if least == 0 and not kinds & {"Object", "External"}:
        detail = "must specify at least one Object or External metric to support scaling to zero replicas"
        found.append(fields.forbidden("spec.metrics", detail))
    return found


def _metric(metric: Object, path: str) -> Errors:
    kind = metric.get("type") or ""
    found = [] if kind else [fields.required(f"{path}.type", "must specify a metric source type")]
    if kind not in _SOURCES:
        return [*found, fields.not_supported(f"{path}.type", kind, _SOURCES)]
    source = metric.get(_SOURCES[kind])
    at = f"{path}.{_SOURCES[kind]}"
    if source is None:
        return [*found, fields.required(at, "must populate information for the given metric source")]
    if kind in ("Resource", "ContainerResource"):
        found += _resource(source, at)
    return found


def _resource(source: Object, path: str) -> Errors:
    found: Errors = []
    if not source.get("name"):
        found.append(fields.required(f"{path}.name", "must specify a resource name"))
    target = source.get("target") or {}
    kind = target.get("type") or ""
    if not kind:
        found.append(fields.required(f"{path}.target.type", "must specify a metric target type"))
    elif kind not in _TARGETS:
        detail = "must be either Utilization, Value, or AverageValue"
        found.append(fields.invalid(f"{path}.target.type", kind, detail))
    if "averageUtilization" not in target and "averageValue" not in target:
        detail = "must set either a target raw value or a target utilization"
        found.append(fields.required(f"{path}.target.averageUtilization", detail))
    return found


def _rules(rules: Object, path: str) -> Errors:
    found: Errors = []
    window = rules.get("stabilizationWindowSeconds")
    at = f"{path}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        found.append(fields.invalid(at, window, "must be greater than or equal to zero"))
    if window is not None and window > _LONGEST_WINDOW:
        found.append(fields.invalid(at, window, f"must be less than or equal to {_LONGEST_WINDOW}"))
    if "selectPolicy" in rules:
        found += one_of(f"{path}.selectPolicy", rules["selectPolicy"], ("Disabled", "Max", "Min"))
    for inner, policy in items(rules, "policies", path):
        found += one_of(f"{inner}.type", policy.get("type"), ("Percent", "Pods"))
        for field in ("value", "periodSeconds"):
            if (policy.get(field) or 0) <= 0:
                found.append(fields.invalid(f"{inner}.{field}", policy.get(field) or 0, "must be greater than zero"))
    return found
