"""Pods, and templates of pods."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import metadata, names
from sluice.apiserver.validation.builtin.kinds import (
    container_checks,
    scheduling_checks,
    security_checks,
    volume_checks,
)
from sluice.apiserver.validation.builtin.kinds.checks import Errors, ip, items, named, one_of

_RESTARTS = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_MAX = 2**31 - 1
# What may change in a running pod's spec. (The real server adds a difference of its internal values.)
_MUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def validate_pod(obj: Object) -> Errors:
    """A new pod."""
    spec = obj.get("spec") or {}
    found = validate_spec(spec, "spec")
    for field in ("containers", "initContainers"):
        for at, container in items(spec, field, "spec"):
            image = container.get("image") or ""
            if image != image.strip():
                detail = "must not have leading or trailing whitespace"
                found.append(fields.invalid(f"{at}.image", image, detail))
    if spec.get("ephemeralContainers"):
        found.append(fields.forbidden("spec.ephemeralContainers", "cannot be set on create"))
    return found


def validate_template(template: Object, path: str) -> Errors:
    """A template; its metadata is named without `metadata` in errors."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    found = metadata.validate_labels(meta.get("labels") or {}, f"{path}.labels")
    found += metadata.validate_annotations(meta.get("annotations") or {}, f"{path}.annotations")
    found += validate_spec(spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        detail = "ephemeral containers not allowed in pod template"
        found.append(fields.forbidden(f"{path}.spec.ephemeralContainers", detail))
    return found


def validate_spec(spec: Object, path: str) -> Errors:
    """The spec of a pod or of a template."""
    found, volumes = volume_checks.validate(spec, path)
    found += container_checks.validate(spec, volumes, path)
    found += one_of(f"{path}.restartPolicy", spec.get("restartPolicy"), _RESTARTS)
    found += one_of(f"{path}.dnsPolicy", spec.get("dnsPolicy"), _DNS)
    found += metadata.validate_labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    found += security_checks.validate_pod(spec.get("securityContext") or {}, spec, f"{path}.securityContext")
    found += scheduling_checks.validate_affinity(spec.get("affinity") or {}, f"{path}.affinity")
    found += _dns(spec, path)
    for at, gate in items(spec, "readinessGates", path):
        found += named(f"{at}.conditionType", gate.get("conditionType"), names.label_key)
    found += _gates(spec, path)
    found += scheduling_checks.validate_spreading(spec, path)
    return found + _names(spec, path)


def _names(spec: Object, path: str) -> Errors:
    found: Errors = []
    for field in ("serviceAccountName", "nodeName"):
        if spec.get(field):
            found += named(f"{path}.{field}", spec[field], names.dns_subdomain)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MAX:
        detail = f"must be between 1 and {_MAX}, inclusive"
        found.append(fields.invalid(f"{path}.activeDeadlineSeconds", deadline, detail))
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            found += named(f"{path}.{field}", spec[field], names.dns_label)
    found += scheduling_checks.validate_tolerations(spec, path)
    for at, alias in items(spec, "hostAliases", path):
        found += ip(f"{at}.ip", alias.get("ip") or "")
        for index, name in enumerate(alias.get("hostnames") or ()):
            found += named(f"{at}.hostnames[{index}]", name, names.dns_subdomain)
    for field in ("priorityClassName", "runtimeClassName"):
        if spec.get(field):
            found += named(f"{path}.{field}", spec[field], names.dns_subdomain)
    if "preemptionPolicy" in spec:
        policies = ("PreemptLowerPriority", "Never")
        found += one_of(f"{path}.preemptionPolicy", spec["preemptionPolicy"], policies)
    system = (spec.get("os") or {}).get("name")
    return found + (one_of(f"{path}.os", system, ("linux", "windows")) if "os" in spec else [])


def _dns(spec: Object, path: str) -> Errors:
    config = spec.get("dnsConfig")
    found: Errors = []
    if spec.get("dnsPolicy") == "None":
        if config is None:
            detail = "must provide `dnsConfig` when `dnsPolicy` is None"
            return [fields.required(f"{path}.dnsConfig", detail)]
        if not config.get("nameservers"):
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            found.append(fields.required(f"{path}.dnsConfig.nameservers", detail))
    for index, server in enumerate((config or {}).get("nameservers") or ()):
        found += ip(f"{path}.dnsConfig.nameservers[{index}]", server)
    return found


def _gates(spec: Object, path: str) -> Errors:
    found: Errors = []
    seen: set[str] = set()
    for at, gate in items(spec, "schedulingGates", path):
        name = gate.get("name") or ""
        found += named(at, name, names.label_key)
        if name in seen:
            found.append(fields.duplicate(at, name))
        seen.add(name)
    return found


def validate_pod_update(obj: Object, old: Object) -> Errors:
    """A pod that is there already: little of it may change."""
    if _fixed(obj.get("spec") or {}) == _fixed(old.get("spec") or {}):
        return validate_spec(obj.get("spec") or {}, "spec")
    return [fields.forbidden("spec", _MUTABLE)]


def _fixed(spec: Object) -> Object:
    loose = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates")
    kept = {key: value for key, value in spec.items() if key not in loose}
    for field in ("containers", "initContainers"):
        kept[field] = [{**container, "image": ""} for container in spec.get(field) or ()]
    # Changed through their own subresource, which the server checks by itself.
    kept.pop("ephemeralContainers", None)
    return kept
