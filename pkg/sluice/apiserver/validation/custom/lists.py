"""Lists that are sets or maps hold nothing twice."""

from typing import Any

from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.custom.mentions import mentions
from sluice.apiserver.validation.errors import FieldError, child
from sluice.schema import Schema


def validate(value: Any, schema: Schema | None, path: str = "") -> list[FieldError]:
    """A Duplicate error for the second appearance of every item, or of its keys."""
    if schema is None or not mentions(schema, "x-kubernetes-list-type"):
        return []
    if isinstance(value, list):
        below = [
            error for index, item in enumerate(value) for error in validate(item, schema.items, f"{path}[{index}]")
        ]
        return _unique(value, schema, path) + below
    if not isinstance(value, dict):
        return []
    found: list[FieldError] = []
    for key, item in value.items():
        named = schema.property(key)
        found += (
            validate(item, named, child(path, key)) if named else validate(item, schema.additional, f"{path}[{key}]")
        )
    return found


def _unique(items: list[Any], schema: Schema, path: str) -> list[FieldError]:
    if schema.list_type == "set":
        keys = items
    elif schema.list_type == "map":
        for index, item in enumerate(items):
            if item is not None and not isinstance(item, dict):
                return [fields.invalid(f"{path}[{index}]", item, "must be an object for an array of list-type map")]
        keys = [{key: item[key] for key in schema.list_map_keys if key in item} if item else {} for item in items]
    else:
        return []
    return [fields.duplicate(f"{path}[{index}]", keys[index]) for index in _second_appearances(keys)]


def _second_appearances(keys: list[Any]) -> list[int]:
    counts: dict[str, int] = {}
    found = []
    for index, key in enumerate(keys):
        text = f"{type(key).__name__} {fields.compact(key)}"
        counts[text] = counts.get(text, 0) + 1
        if counts[text] == 2:
            found.append(index)
    return found
