"""Text as Go prints it, for messages that people know and alerts match."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_SHORT = {
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}
_TO_ESCAPE = re.compile(r'[\x00-\x1f\x7f"\\]')


def quoted(text: str) -> str:
    """Return the text in double quotes, as `%q`."""
    return '"' + _TO_ESCAPE.sub(lambda match: _SHORT.get(match[0], f"\\x{ord(match[0]):02x}"), text) + '"'


def listed(items: tuple[str, ...]) -> str:
    """Return the items as Go prints a slice of strings."""
    return "[" + " ".join(items) + "]"


# Go's JSON encoder escapes these, Python's does not.
_ESCAPED_IN_JSON = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return a value as Go's encoder writes it: keys sorted, and as short as can be unless it is indented."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, sort_keys=True, separators=separators, ensure_ascii=False, indent=indent)
    for char, escaped in _ESCAPED_IN_JSON.items():
        text = text.replace(char, escaped)
    return text


_EXPONENTS = (1e-6, 1e21)
"""Go writes a float with an exponent below the first of these, and from the second on."""


def exact_json(value: Any) -> str:
    """Return a value as Go's encoder writes what it has decoded from JSON: every number a float, as short as can be.

    Mappings keep their order, since fields of Go's structures have one; `sorted_maps` puts Go's maps in theirs.
    """
    if isinstance(value, dict):
        return "{" + ",".join(f"{as_json(key)}:{exact_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(exact_json, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _float(float(value))
    return as_json(value)


def sorted_maps(value: Any) -> Any:
    """The value with the keys of all its mappings sorted."""
    if isinstance(value, dict):
        return {key: sorted_maps(value[key]) for key in sorted(value)}
    return [sorted_maps(each) for each in value] if isinstance(value, list | tuple) else value


def _float(value: float) -> str:
    size = abs(value)
    if size and not _EXPONENTS[0] <= size < _EXPONENTS[1]:
        head, _, exponent = f"{value!r}".partition("e")
        if not exponent:
            head, _, exponent = f"{value:.17e}".partition("e")
        return f"{head}e{exponent[0]}{exponent[1:].lstrip('0')}"
    return "-0" if str(value) == "-0.0" else format(Decimal(repr(value)), "f").removesuffix(".0")


def timestamp(nanoseconds: int) -> str:
    """A moment since 1970 as Go writes it in JSON: in UTC, without zeros at the end of a fraction.

    Raises OverflowError for what is not between the years 1 and 9999.
    """
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + "Z"
