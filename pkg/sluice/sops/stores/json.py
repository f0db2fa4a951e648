"""JSON, written as Go's encoder does, with tabs."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from sluice.sops import trees
from sluice.sops.errors import InvalidDocument
from sluice.yamlio.ordered import Comment, Pairs

_INT64: Final = range(-(1 << 63), 1 << 63)
_ESCAPED_BY_GO: Final = re.compile("[<>&\u2028\u2029]")
_BROKEN: Final = re.compile("[\ud800-\udfff]")


def parsed(text: str) -> Pairs:
    """Read an object.

    Raises:
        InvalidDocument: the text is no JSON object.
    """
    try:
        found = json.loads(text, object_pairs_hook=Pairs, parse_int=_integer, parse_constant=_refused)
    except (ValueError, RecursionError):
        # What stands there stays out of the message.
        raise InvalidDocument("could not unmarshal input data: the text is not JSON") from None
    if not isinstance(found, Pairs):
        raise InvalidDocument("could not unmarshal input data: SOPS only supports JSON files with a top-level object")
    return found


def dumped(value: Any, indent: str = "") -> str:
    """The text of a value, without an end of line."""
    if isinstance(value, Pairs):
        pairs = (f"{_text(key)}: {dumped(item, indent + chr(9))}" for key, item in trees.without_comments(value))
        return _bracketed("{", pairs, "}", indent)
    if isinstance(value, list):
        items = (dumped(item, indent + "\t") for item in value if not isinstance(item, Comment))
        return _bracketed("[", items, "]", indent)
    if isinstance(value, float):
        return _float(value)
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _bracketed(opening: str, items: Any, closing: str, indent: str) -> str:
    inner = f",\n{indent}\t".join(items)
    return f"{opening}\n{indent}\t{inner}\n{indent}{closing}" if inner else f"{opening}{closing}"


def _text(text: str) -> str:
    shown = json.dumps(_BROKEN.sub("\ufffd", str(text)), ensure_ascii=False)
    return _ESCAPED_BY_GO.sub(lambda match: f"\\u{ord(match[0]):04x}", shown)


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise InvalidDocument("a number that is not finite has no form in JSON")
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, power = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(power):+03d}".replace("e-0", "e-")
    return trees.float_text(value)


def _integer(text: str) -> int | float:
    number = int(text)
    return number if number in _INT64 else float(text)


def _refused(_name: str) -> NoReturn:
    raise ValueError
