"""Text as Go prints it, for messages that people know and alerts match."""

import re

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
