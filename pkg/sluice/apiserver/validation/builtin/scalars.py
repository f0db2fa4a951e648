"""Texts, numbers, flags, and the types that read and write themselves: times, quantities, ports, bytes."""

import base64
import binascii
import functools
import re
from typing import Any, Literal, Protocol

from sluice.apiserver.validation import quantities, times
from sluice.apiserver.validation.malformed import Malformed
from sluice.schema import Schema

Shape = Literal["free", "scalar", "list", "map", "struct"]


class Place(Protocol):
    """Where a value is."""

    def wrong(self, value: Any, wanted: str = "") -> Malformed:
        """The error for a value of another type than `wanted`, or than the place's own."""


_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@functools.cache
def shape(schema: Schema) -> Shape:
    """How values of this schema are read."""
    if schema.int_or_string or _is_quantity(schema):
        return "scalar"
    if schema.type is None:
        return "free"
    if schema.type == "array":
        return "list"
    if schema.type != "object":
        return "scalar"
    # An object that declares nothing is raw JSON.
    return "struct" if schema.properties else "map" if schema.additional is not None else "free"


def writes_itself(schema: Schema) -> bool:
    """Whether Go never sees this as empty."""
    return schema.int_or_string or _is_quantity(schema)


def zero(schema: Schema) -> Any:
    """What a null in a list or map is read as."""
    if shape(schema) == "free" or schema.format == "date-time":
        return None
    if schema.int_or_string:
        return 0
    if _is_quantity(schema):
        return "0"
    if schema.type == "object":
        return {} if schema.properties else None
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(schema.type or "")


def read(value: Any, schema: Schema, place: Place) -> Any:
    """The value in canonical form."""
    if _is_quantity(schema):
        return quantities.canonical(value)
    if schema.int_or_string:
        return value if isinstance(value, str) else _integer(value, "int32", place)
    match schema.type:
        case "integer":
            return _integer(value, schema.format or "int64", place)
        case "number":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            fits = isinstance(value, bool)
        case _:
            return _text(value, schema, place)
    if not fits:
        raise place.wrong(value)
    return value


def _text(value: Any, schema: Schema, place: Place) -> str:
    if not isinstance(value, str):
        raise place.wrong(value)
    if schema.format == "byte":
        _check_base64(value)
    if schema.format == "date-time":
        return times.canonical(value, micro=schema.name.endswith(".MicroTime"))
    return value


def _integer(value: Any, form: str, place: Place) -> int:
    limit = 2 ** (31 if form == "int32" else 63)
    if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
        raise place.wrong(value, form)
    return value


def _check_base64(value: str) -> None:
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        found = _BASE64.match(value)
        wrong = found.end() if found else 0
        # An unfinished group of four is reported where it begins.
        at = wrong if wrong < len(value) else wrong // 4 * 4
        raise Malformed(f"illegal base64 data at input byte {at}") from error


def _is_quantity(schema: Schema) -> bool:
    return schema.name.endswith(".resource.Quantity")
