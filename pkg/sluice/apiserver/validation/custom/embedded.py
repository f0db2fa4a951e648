"""Resources embedded in a custom resource: their apiVersion, kind and metadata are checked as those of any object."""

from typing import Any

from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import metadata, names
from sluice.apiserver.validation.custom.mentions import mentions
from sluice.apiserver.validation.errors import FieldError, child
from sluice.schema import Schema


def validate(value: Any, schema: Schema | None, path: str = "") -> list[FieldError]:
    """What is wrong with any of them."""
    if schema is None or not mentions(schema, "x-kubernetes-embedded-resource"):
        return []
    if isinstance(value, list):
        return [e for index, item in enumerate(value) for e in validate(item, schema.items, f"{path}[{index}]")]
    if not isinstance(value, dict):
        return []
    found = _resource(value, path) if schema.embedded_resource else []
    for key, item in value.items():
        named = schema.raw.get("properties", {}).get(key) and schema.property(key)
        if named:
            found += validate(item, named, child(path, key))
        elif schema.additional:
            found += validate(item, schema.additional, f"{path}[{key}]")
    return found


def _resource(value: dict[str, Any], path: str) -> list[FieldError]:
    found = [fields.required(child(path, field)) for field in ("apiVersion", "kind") if field not in value]
    for field in ("apiVersion", "kind"):
        given = value.get(field, "unset")
        if not isinstance(given, str):
            found.append(fields.invalid(child(path, field), given, "must be a string"))
        elif not given:
            found.append(fields.invalid(child(path, field), given, "must not be empty"))
    kind = value.get("kind")
    messages = names.dns1035_label(kind.lower()) if isinstance(kind, str) and kind else []
    if messages:
        detail = f"may have mixed case, but should otherwise match: {','.join(messages)}"
        found.append(fields.invalid(child(path, "kind"), kind, detail))
    meta = value.get("metadata")
    if isinstance(meta, dict):
        stand_in = {**meta, "name": meta.get("name") or "fakename"}
        namespaced = bool(meta.get("namespace"))
        at = child(path, "metadata")
        found += metadata.validate(stand_in, namespaced=namespaced, name=names.path_segment, path=at)
    return found
