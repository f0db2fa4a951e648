"""Where pods may run: affinity, tolerations, spreading."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, label_selector, named, one_of

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_EMPTY_KEY = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'


def validate_affinity(affinity: Object, path: str) -> Errors:
    """To nodes, to pods, away from pods."""
    found = _nodes(affinity.get("nodeAffinity") or {}, f"{path}.nodeAffinity")
    for field in ("podAffinity", "podAntiAffinity"):
        found += _pods(affinity.get(field) or {}, f"{path}.{field}")
    return found


def _nodes(affinity: Object, path: str) -> Errors:
    if _REQUIRED not in affinity:
        return []
    at = f"{path}.{_REQUIRED}.nodeSelectorTerms"
    if affinity[_REQUIRED].get("nodeSelectorTerms"):
        return []
    return [fields.required(at, "must have at least one node selector term")]


def _pods(affinity: Object, path: str) -> Errors:
    found: Errors = []
    for at, term in items(affinity, _REQUIRED, path):
        found += _term(term, at)
    for at, weighted in items(affinity, _PREFERRED, path):
        weight = weighted.get("weight") or 0
        if not 1 <= weight <= 100:
            found.append(fields.invalid(f"{at}.weight", weight, "must be in the range 1-100"))
        found += _term(weighted.get("podAffinityTerm") or {}, f"{at}.podAffinityTerm")
    return found


def _term(term: Object, path: str) -> Errors:
    found = label_selector(f"{path}.labelSelector", term.get("labelSelector"))
    for index, name in enumerate(term.get("namespaces") or ()):
        found += named(f"{path}.namespaces[{index}]", name, names.dns_label)
    key = term.get("topologyKey") or ""
    if not key:
        found.append(fields.required(f"{path}.topologyKey", "can not be empty"))
    return found + named(f"{path}.topologyKey", key, names.label_key)


def validate_tolerations(spec: Object, path: str) -> Errors:
    """Which taints are tolerated."""
    found: Errors = []
    for at, one in items(spec, "tolerations", path):
        found += _toleration(one, at)
    return found


def _toleration(one: Object, path: str) -> Errors:
    key, operator, effect = one.get("key") or "", one.get("operator") or "", one.get("effect") or ""
    found = named(f"{path}.key", key, names.label_key) if key else []
    if not key and operator != "Exists":
        found.append(fields.invalid(f"{path}.operator", operator, _EMPTY_KEY))
    if "tolerationSeconds" in one and effect != "NoExecute":
        detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        found.append(fields.invalid(f"{path}.effect", effect, detail))
    if operator in ("", "Equal"):
        found += named(f"{path}.operator", one.get("value"), names.label_value)
    elif operator == "Exists":
        if one.get("value"):
            detail = "value must be empty when `operator` is 'Exists'"
            found.append(fields.invalid(f"{path}.operator", one["value"], detail))
    else:
        found.append(fields.not_supported(f"{path}.operator", operator, ("Equal", "Exists")))
    return found + (one_of(f"{path}.effect", effect, _EFFECTS) if effect else [])


def validate_spreading(spec: Object, path: str) -> Errors:
    """How evenly pods are spread."""
    found: Errors = []
    for at, one in items(spec, "topologySpreadConstraints", path):
        if (one.get("maxSkew") or 0) <= 0:
            found.append(fields.invalid(f"{at}.maxSkew", one.get("maxSkew") or 0, "must be greater than zero"))
        if not one.get("topologyKey"):
            found.append(fields.required(f"{at}.topologyKey", "can not be empty"))
        choices = ("DoNotSchedule", "ScheduleAnyway")
        found += one_of(f"{at}.whenUnsatisfiable", one.get("whenUnsatisfiable"), choices)
        found += label_selector(f"{at}.labelSelector", one.get("labelSelector"))
    return found
