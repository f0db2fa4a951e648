"""Filling in the defaults of a structural schema."""

import copy
from typing import Any

from sluice.schema import MISSING, Schema

_META = frozenset({"apiVersion", "kind", "metadata"})


def default(value: Any, schema: Schema | None, *, root: bool = True) -> Any:
    """A copy with defaults in place of what is absent, or null where null is not allowed."""
    if schema is None:
        return value
    if isinstance(value, list):
        return [default(_filled(item, schema.items), schema.items, root=False) for item in value]
    if not isinstance(value, dict):
        return value
    # The metadata of a resource is filled in by the server, not by the schema.
    skipped: frozenset[str] = _META if root or schema.embedded_resource else frozenset()
    filled = dict(value)
    for name, below in schema.properties.items():
        if name in skipped or not _has_default(below):
            continue
        if name not in filled or _is_unwanted_null(filled[name], below):
            filled[name] = copy.deepcopy(below.default)
    return {key: item if key in skipped else _field(key, item, schema) for key, item in filled.items()}


def _field(key: str, value: Any, schema: Schema) -> Any:
    below = schema.property(key)
    if below is not None:
        return default(value, below, root=False)
    return default(_filled(value, schema.additional), schema.additional, root=False)


def _filled(value: Any, schema: Schema | None) -> Any:
    if schema is None or not _is_unwanted_null(value, schema) or schema.default is MISSING:
        return value
    return copy.deepcopy(schema.default)


def _has_default(schema: Schema) -> bool:
    return schema.default is not MISSING and schema.default is not None


def _is_unwanted_null(value: Any, schema: Schema) -> bool:
    return value is None and not schema.nullable
