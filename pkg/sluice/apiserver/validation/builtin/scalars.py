"""Texts, numbers, flags, and the types that read and write themselves: times, quantities, ports, bytes."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from sluice.apiserver.validation import quantities, times
from sluice.apiserver.validation.malformed import Malformed
from sluice.schema import Schema

Cannot = Callable[[str], Malformed]

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def is_free(schema: Schema) -> bool:
    """Whether anything may be here: raw JSON."""
    if schema.int_or_string or _is_quantity(schema):
        return False
    return schema.type is None or (schema.type == "object" and not schema.properties and schema.additional is None)


def is_scalar(schema: Schema) -> bool:
    """Whether this is neither an object nor a list."""
    return schema.type not in {"object", "array"}


def writes_itself(schema: Schema) -> bool:
    """Whether Go never sees this as empty."""
    return schema.int_or_string or _is_quantity(schema)


def zero(schema: Schema) -> Any:
    """What a null in a list or map is read as."""
    if is_free(schema) or schema.format == "date-time":
        return None
    if schema.int_or_string:
        return 0
    if _is_quantity(schema):
        return "0"
    if schema.type == "object":
        return {} if schema.properties else None
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(schema.type or "")


def read(value: Any, schema: Schema, cannot: Cannot, wanted: str) -> Any:
    """The value in canonical form; `cannot(type)` is the error for one of another type."""
    if _is_quantity(schema):
        return quantities.canonical(value)
    if schema.int_or_string:
        return value if isinstance(value, str) else _integer(value, "int32", cannot)
    if schema.type == "integer":
        return _integer(value, schema.format or "int64", cannot)
    if schema.type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise cannot(wanted)
        return value
    if schema.type == "boolean":
        if not isinstance(value, bool):
            raise cannot(wanted)
        return value
    return _text(value, schema, cannot, wanted)


def _text(value: Any, schema: Schema, cannot: Cannot, wanted: str) -> str:
    if not isinstance(value, str):
        raise cannot(wanted)
    if schema.format == "byte":
        _check_base64(value)
    if schema.format == "date-time":
        return times.canonical(value, micro=schema.name.endswith(".MicroTime"))
    return value


def _integer(value: Any, form: str, cannot: Cannot) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise cannot(form)
    limit = 2 ** (31 if form == "int32" else 63)
    if not -limit <= value < limit:
        raise cannot(form)
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
