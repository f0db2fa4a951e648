"""Numbers against the bounds of a schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.errors import FieldError

_RANGES = {"int32": 2**31, "int64": 2**63}


def validate(value: int | float, raw: Mapping[str, Any], types: Sequence[str], path: str) -> list[FieldError]:
    """What is wrong with a number."""
    return [*_range(value, raw, types, path), *_multiple(value, raw, path), *_bounds(value, raw, path)]


def _range(value: int | float, raw: Mapping[str, Any], types: Sequence[str], path: str) -> list[FieldError]:
    if list(types) != ["integer"]:
        return []
    form = raw.get("format", "")
    named = f"with format {form}" if form in _RANGES else "(default format)"
    limit = _RANGES.get(form, 2**63)
    if -limit <= value < limit and float(value).is_integer():
        return []
    return [fields.invalid("", "", f"Checked value must be of type integer {named} in {path}")]


def _multiple(value: int | float, raw: Mapping[str, Any], path: str) -> list[FieldError]:
    factor = raw.get("multipleOf")
    if factor is None or factor <= 0 or (value / factor).is_integer():
        return []
    return [_wrong(path, value, f"should be a multiple of {plain(factor)}")]


def _bounds(value: int | float, raw: Mapping[str, Any], path: str) -> list[FieldError]:
    found = []
    least, most = raw.get("minimum"), raw.get("maximum")
    if least is not None:
        exclusive = raw.get("exclusiveMinimum", False)
        if value < least or (exclusive and value == least):
            words = "greater than" if exclusive else "greater than or equal to"
            found.append(_wrong(path, value, f"should be {words} {plain(least)}"))
    if most is not None:
        exclusive = raw.get("exclusiveMaximum", False)
        if value > most or (exclusive and value == most):
            words = "less than" if exclusive else "less than or equal to"
            found.append(_wrong(path, value, f"should be {words} {plain(most)}"))
    return found


def plain(number: int | float) -> str:
    """A number as Go prints it: whole ones without a fraction."""
    return str(int(number)) if float(number).is_integer() else repr(number)


def _wrong(path: str, value: int | float, what: str) -> FieldError:
    return fields.invalid(path.removeprefix("."), value, f"{path} in body {what}")
