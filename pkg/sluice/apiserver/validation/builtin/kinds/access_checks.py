"""Roles and who has them."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, label_selector, named, one_of
from sluice.apiserver.validation.builtin.kinds.policy_defaults import RBAC

_SUBJECTS = ("ServiceAccount", "User", "Group")


def validate_role(obj: Object) -> Errors:
    """A Role."""
    return _rules(obj, namespaced=True)


def validate_cluster_role(obj: Object) -> Errors:
    """A ClusterRole."""
    found = _rules(obj, namespaced=False)
    aggregation = obj.get("aggregationRule")
    if aggregation is None:
        return found
    path = "aggregationRule.clusterRoleSelectors"
    if not aggregation.get("clusterRoleSelectors"):
        detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        found.append(fields.required(path, detail))
    for at, selector in items(aggregation, "clusterRoleSelectors", "aggregationRule"):
        wrong = label_selector(at, selector)
        found += [*wrong, fields.invalid(at, None, "invalid label selector.")] if wrong else []
    return found


def _rules(obj: Object, *, namespaced: bool) -> Errors:
    found: Errors = []
    for index, rule in enumerate(obj.get("rules") or ()):
        found += _rule(rule, f"rules[{index}]", namespaced=namespaced)
    return found


def _rule(rule: Object, path: str, *, namespaced: bool) -> Errors:
    found: Errors = []
    if not rule.get("verbs"):
        found.append(fields.required(f"{path}.verbs", "verbs must contain at least one value"))
    urls = rule.get("nonResourceURLs")
    if urls:
        if namespaced:
            detail = "namespaced rules cannot apply to non-resource URLs"
            return [*found, fields.invalid(f"{path}.nonResourceURLs", urls, detail)]
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            found.append(fields.invalid(f"{path}.nonResourceURLs", urls, detail))
        return found
    if not rule.get("apiGroups"):
        detail = "resource rules must supply at least one api group"
        found.append(fields.required(f"{path}.apiGroups", detail))
    if not rule.get("resources"):
        found.append(fields.required(f"{path}.resources", "resource rules must supply at least one resource"))
    return found


def validate_role_binding(obj: Object) -> Errors:
    """A RoleBinding."""
    return _binding(obj, ("Role", "ClusterRole"), namespaced=True)


def validate_cluster_role_binding(obj: Object) -> Errors:
    """A ClusterRoleBinding."""
    return _binding(obj, ("ClusterRole",), namespaced=False)


def validate_role_binding_update(obj: Object, old: Object) -> Errors:
    """A RoleBinding that replaces another: the role stays."""
    return validate_role_binding(obj) + _same_role(obj, old)


def validate_cluster_role_binding_update(obj: Object, old: Object) -> Errors:
    """A ClusterRoleBinding that replaces another: the role stays."""
    return validate_cluster_role_binding(obj) + _same_role(obj, old)


def _same_role(obj: Object, old: Object) -> Errors:
    if obj.get("roleRef") == old.get("roleRef"):
        return []
    reference = obj.get("roleRef") or {}
    shown = {
        "APIGroup": reference.get("apiGroup", ""),
        "Kind": reference.get("kind", ""),
        "Name": reference.get("name", ""),
    }
    return [fields.invalid("roleRef", fields.InOrder(shown), "cannot change roleRef")]


def _binding(obj: Object, kinds: tuple[str, ...], *, namespaced: bool) -> Errors:
    reference = obj.get("roleRef") or {}
    found = one_of("roleRef.apiGroup", reference.get("apiGroup"), (RBAC,))
    found += one_of("roleRef.kind", reference.get("kind"), kinds)
    name = reference.get("name") or ""
    found += named("roleRef.name", name, names.path_segment) if name else [fields.required("roleRef.name")]
    for index, subject in enumerate(obj.get("subjects") or ()):
        found += _subject(subject, f"subjects[{index}]", namespaced=namespaced)
    return found


def _subject(subject: Object, path: str, *, namespaced: bool) -> Errors:
    kind, name = subject.get("kind") or "", subject.get("name") or ""
    found = [] if name else [fields.required(f"{path}.name")]
    if kind == "ServiceAccount":
        found += named(f"{path}.name", name, names.dns_subdomain) if name else []
        found += one_of(f"{path}.apiGroup", subject.get("apiGroup"), ("",))
        if not subject.get("namespace") and not namespaced:
            found.append(fields.required(f"{path}.namespace"))
        return found
    if kind in _SUBJECTS:
        return found + one_of(f"{path}.apiGroup", subject.get("apiGroup"), (RBAC,))
    return [*found, fields.not_supported(f"{path}.kind", kind, _SUBJECTS)]
