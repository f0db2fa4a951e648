"""The environment of a container."""

import re

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, named, required_name

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_FIELDS = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)
_SUBSCRIPTED = re.compile(r"metadata\.(labels|annotations)\['.+'\]")
_RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)


def validate(container: Object, path: str) -> Errors:
    """`env` and `envFrom`."""
    found: Errors = []
    for at, variable in items(container, "env", path):
        found += required_name(f"{at}.name", variable.get("name"), names.env_name)
        if "valueFrom" in variable:
            found += _value_from(f"{at}.valueFrom", variable["valueFrom"], variable.get("value") or "")
    for at, source in items(container, "envFrom", path):
        if source.get("prefix"):
            found += named(f"{at}.prefix", source["prefix"], names.env_name)
        found += _env_from(at, source, f"{path}.envFrom")
    return found


def _env_from(at: str, source: Object, path: str) -> Errors:
    given = [field for field in ("configMapRef", "secretRef") if field in source]
    if not given:
        return [fields.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")]
    if len(given) > 1:
        return [fields.invalid(path, "", "may not have more than one field specified at a time")]
    return required_name(f"{at}.{given[0]}.name", source[given[0]].get("name"), names.dns_subdomain)


def _value_from(path: str, source: Object, value: str) -> Errors:
    given = [field for field in _SOURCES if field in source]
    found: Errors = []
    for field in given:
        found += _source(f"{path}.{field}", field, source[field])
    if not given:
        listed = f"{', '.join(f'`{name}`' for name in _SOURCES[:-1])} or `{_SOURCES[-1]}`"
        found.append(fields.invalid(path, "", f"must specify one of: {listed}"))
    elif value:
        found.append(fields.invalid(path, "", "may not be specified when `value` is not empty"))
    elif len(given) > 1:
        found.append(fields.invalid(path, "", "may not have more than one field specified at a time"))
    return found


def _source(path: str, field: str, source: Object) -> Errors:
    if field == "fieldRef":
        return field_reference(path, source)
    if field == "resourceFieldRef":
        return _resource(path, source)
    found = named(f"{path}.name", source.get("name"), names.dns_subdomain) if field != "fileKeyRef" else []
    return found + required_name(f"{path}.key", source.get("key"), names.config_key)


def field_reference(path: str, source: Object) -> Errors:
    """A field of the pod."""
    field = source.get("fieldPath") or ""
    if not field:
        return [fields.required(f"{path}.fieldPath")]
    if field in _FIELDS or _SUBSCRIPTED.fullmatch(field):
        return []
    detail = f"error converting fieldPath: field label not supported: {field}"
    return [fields.invalid(f"{path}.fieldPath", field, detail)]


def _resource(path: str, source: Object) -> Errors:
    resource = source.get("resource") or ""
    if not resource:
        return [fields.required(f"{path}.resource")]
    if resource in _RESOURCES or resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        return []
    return [fields.not_supported(f"{path}.resource", resource, _RESOURCES)]
