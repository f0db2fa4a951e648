"""CustomResourceDefinitions."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds import definition_schemas
from sluice.apiserver.validation.builtin.kinds.checks import Errors, immutable, items, named, one_of

_SCOPES = ("Cluster", "Namespaced")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_APPROVAL = "api-approved.kubernetes.io"
_PROTECTED = ("k8s.io", "kubernetes.io")
_PRESERVE = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
_APPROVAL_HELP = (
    f'protected groups must have approval annotation "{_APPROVAL}", '
    "see https://github.com/kubernetes/enhancements/pull/1111"
)


def validate(obj: Object) -> Errors:
    """A CustomResourceDefinition."""
    spec = obj.get("spec") or {}
    return _own_name(obj, spec) + _spec(spec) + _approval(obj, spec)


def validate_update(obj: Object, old: Object) -> Errors:
    """A definition that replaces another: group, scope, plural and kind stay once it is established."""
    spec, former = obj.get("spec") or {}, old.get("spec") or {}
    found = _spec(spec)
    if _is_established(old):
        found += immutable("spec.scope", spec.get("scope"), former.get("scope"))
        kind = (spec.get("names") or {}).get("kind")
        found += immutable("spec.names.kind", kind, (former.get("names") or {}).get("kind"))
    found += immutable("spec.group", spec.get("group"), former.get("group"))
    plural = (spec.get("names") or {}).get("plural")
    found += immutable("spec.names.plural", plural, (former.get("names") or {}).get("plural"))
    return found + _stored(obj, spec)


def _is_established(obj: Object) -> bool:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions)


def _stored(obj: Object, spec: Object) -> Errors:
    """A version that objects are stored in must stay."""
    known = {version.get("name") for version in spec.get("versions") or ()}
    found: Errors = []
    for index, version in enumerate((obj.get("status") or {}).get("storedVersions") or ()):
        if version not in known:
            detail = "missing from spec.versions; "
            detail += f"{version} was previously a storage version, and must remain in spec.versions until a storage "
            detail += f"migration ensures no data remains persisted in {version} and removes {version} from "
            detail += "status.storedVersions"
            found.append(fields.invalid(f"status.storedVersions[{index}]", version, detail))
    return found


def _own_name(obj: Object, spec: Object) -> Errors:
    wanted = f"{(spec.get('names') or {}).get('plural') or ''}.{spec.get('group') or ''}"
    name = obj["metadata"].get("name") or ""
    if name == wanted:
        return []
    return [fields.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')]


def _approval(obj: Object, spec: Object) -> Errors:
    group = spec.get("group") or ""
    if not any(group == name or group.endswith(f".{name}") for name in _PROTECTED):
        return []
    if (obj["metadata"].get("annotations") or {}).get(_APPROVAL):
        return []
    return [fields.required(f"metadata.annotations[{_APPROVAL}]", _APPROVAL_HELP)]


def _spec(spec: Object) -> Errors:
    found = _group(spec.get("group") or "")
    scope = spec.get("scope") or ""
    found += one_of("spec.scope", scope, _SCOPES) if scope else [fields.required("spec.scope")]
    versions = spec.get("versions") or []
    alone = len(versions) == 1
    for at, version in items(spec, "versions", "spec"):
        found += _version(version, at, "spec" if alone else at)
    found += _storage(versions)
    if alone:
        # Where an older API had the only version's name.
        found += named("spec.version", versions[0].get("name"), names.dns1035_label)
    if spec.get("preserveUnknownFields"):
        found.append(fields.invalid("spec.preserveUnknownFields", True, _PRESERVE))
    found += _names(spec.get("names") or {})
    return found + _conversion(spec.get("conversion") or {})


def _group(group: str) -> Errors:
    if not group:
        return [fields.required("spec.group")]
    found = named("spec.group", group, names.dns_subdomain)
    if not found and "." not in group:
        found.append(fields.invalid("spec.group", group, "should be a domain with at least one dot"))
    return found


def _storage(versions: list[Object]) -> Errors:
    """One version is stored, and each has a name of its own; of the versions only names are shown."""
    shown = [version.get("name") for version in versions]
    found: Errors = []
    if len(set(shown)) != len(shown):
        found.append(fields.invalid("spec.versions", shown, "must contain unique version names"))
    if sum(1 for version in versions if version.get("storage")) != 1:
        detail = "must have exactly one version marked as storage version"
        found.append(fields.invalid("spec.versions", shown, detail))
    return found


def _version(version: Object, path: str, inner: str) -> Errors:
    found = named(f"{path}.name", version.get("name"), names.dns1035_label)
    if version.get("deprecationWarning") and not version.get("deprecated"):
        detail = "can only be set for deprecated versions"
        found.append(fields.invalid(f"{path}.deprecationWarning", version["deprecationWarning"], detail))
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        found.append(fields.required(f"{path}.schema.openAPIV3Schema"))
    else:
        # The only version's schema is reported where an older API had it.
        at = "spec.validation.openAPIV3Schema" if inner == "spec" else f"{path}.schema.openAPIV3Schema"
        found += definition_schemas.validate(schema, at)
    found += _subresources(version.get("subresources") or {}, f"{inner}.subresources")
    for at, column in items(version, "additionalPrinterColumns", inner):
        found += _column(column, at)
    for at, selectable in items(version, "selectableFields", inner):
        found += _selectable(selectable.get("jsonPath") or "", schema or {}, f"{at}.jsonPath")
    return found


def _selectable(place: str, schema: Object, path: str) -> Errors:
    if not place:
        return [fields.required(path)]
    node: Object | None = schema
    for part in place.removeprefix(".").split("."):
        node = ((node or {}).get("properties") or {}).get(part)
    if node is None:
        return [fields.invalid(path, place, "is an invalid path: does not refer to a valid field")]
    if node.get("type") in ("string", "boolean", "integer") and "metadata" not in place.split("."):
        return []
    return [fields.invalid(path, place, "must point to a field of type string, boolean or integer")]


def _subresources(subresources: Object, path: str) -> Errors:
    scale = subresources.get("scale")
    if scale is None:
        return []
    found: Errors = []
    for field, root in (("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")):
        value = scale.get(field) or ""
        if not value:
            found.append(fields.required(f"{path}.scale.{field}"))
        elif not value.startswith(f"{root}."):
            found.append(fields.invalid(f"{path}.scale.{field}", value, f"should be a json path under {root}"))
    return found


def _column(column: Object, path: str) -> Errors:
    found = [] if column.get("name") else [fields.required(f"{path}.name")]
    listed = f"must be one of {','.join(_COLUMN_TYPES)}"
    kind, place = column.get("type") or "", column.get("jsonPath") or ""
    if not kind:
        found.append(fields.required(f"{path}.type", listed))
    elif kind not in _COLUMN_TYPES:
        found.append(fields.invalid(f"{path}.type", kind, listed))
    if not place:
        found.append(fields.required(f"{path}.JSONPath"))
    elif not place.startswith("."):
        found.append(fields.invalid(f"{path}.JSONPath", place, "must be a simple json path starting with ."))
    return found


def _names(given: Object) -> Errors:
    found: Errors = []
    for field in ("plural", "singular", "kind", "listKind"):
        value = given.get(field) or ""
        if not value:
            found.append(fields.required(f"spec.names.{field}"))
            continue
        mixed = "may have mixed case, but should otherwise match: " if field in ("kind", "listKind") else ""
        messages = names.dns1035_label(value.lower() if mixed else value)
        if messages:
            found.append(fields.invalid(f"spec.names.{field}", value, mixed + ",".join(messages)))
    for field in ("shortNames", "categories"):
        for index, value in enumerate(given.get(field) or ()):
            messages = names.dns1035_label(value)
            if messages:
                found.append(fields.invalid(f"spec.names.{field}[{index}]", value, ",".join(messages)))
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        detail = "kind and listKind may not be the same"
        found.append(fields.invalid("spec.names.listKind", given["listKind"], detail))
    return found


def _conversion(conversion: Object) -> Errors:
    strategy = conversion.get("strategy") or ""
    if strategy == "Webhook":
        # The one deliberate difference: a server without a network of its own calls nobody.
        detail = "conversion by webhook is not supported by this server; only None is"
        return [fields.invalid("spec.conversion.strategy", strategy, detail)]
    return one_of("spec.conversion.strategy", strategy, ("None", "Webhook"))
