"""The messages of Go's JSON decoder."""

import json
from typing import Any

from sluice.apiserver.validation.malformed import Malformed
from sluice.schema import Schema

MAP = "map[string]interface {}"
_JSON_TYPES: dict[type, str] = {str: "string", list: "array", dict: "object"}
_SCALARS = {"string": "string", "boolean": "bool", "number": "float64"}


def cannot(value: Any, struct: str, path: str, wanted: str) -> Malformed:
    """A value that does not fit its field."""
    return _unfit(value, f"struct field {struct}.{path}", wanted)


def cannot_be(value: Any, wanted: str) -> Malformed:
    """A whole document of another type than the one wanted."""
    return _unfit(value, "value", wanted)


def _unfit(value: Any, what: str, wanted: str) -> Malformed:
    return Malformed(f"json: cannot unmarshal {_kind(value, wanted)} into Go {what} of type {wanted}")


def type_of(schema: Schema) -> str:
    """The Go type of a field."""
    if schema.name:
        if schema.name.endswith((".IntOrString", ".Quantity", ".Time", ".MicroTime", ".Duration")):
            return "int32" if schema.int_or_string else "string"
        *_, version, kind = schema.name.split(".")
        return f"{version}.{kind}"
    if schema.type == "array":
        return "[]" + (type_of(schema.items) if schema.items else "interface {}")
    if schema.type == "object":
        return "map[string]" + (type_of(schema.additional) if schema.additional else "interface {}")
    if schema.type == "integer":
        return schema.format or "int64"
    if schema.format == "byte":
        return "[]uint8"
    return _SCALARS.get(schema.type or "", "interface {}")


def _kind(value: Any, wanted: str) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        # A number of the right kind that does not fit is shown.
        return f"number {json.dumps(value)}" if wanted.startswith(("int", "uint")) else "number"
    return _JSON_TYPES[type(value)]
