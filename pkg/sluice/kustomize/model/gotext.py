"""Text as Go prints it, for messages that people know and alerts match."""

import json
import re
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
