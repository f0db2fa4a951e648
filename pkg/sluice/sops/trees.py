"""A document as SOPS sees it: ordered mappings and lists, with the comments among their entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from sluice.sops.errors import InvalidDocument
from sluice.yamlio.ordered import Comment, Pairs, Time

Path = tuple[str, ...]
"""Keys from the top; lists add nothing."""
Active = tuple[list[str], ...]
"""The comments before an entry, and before each of those it is in, the outermost first."""
Visit = Callable[[Any, Path, Active], Any]

MOST_DEPTH: Final = 200


def walked(branch: Pairs, visit: Visit) -> Pairs:
    """The document with every value and comment replaced by what `visit` makes of it; nulls stay.

    Raises:
        InvalidDocument: it is nested too deeply, or a key is not a text.
    """
    return _branch(branch, (), (), visit)


def _branch(branch: Pairs, path: Path, above: Active, visit: Visit) -> Pairs:
    if len(above) > MOST_DEPTH:
        raise InvalidDocument(f"the document is nested deeper than {MOST_DEPTH}")
    found = Pairs()
    active: list[str] = []
    for key, value in branch:
        if isinstance(key, Comment):
            active.append(key.text)
            found.append((visit(key, path, (*above, active)), None))
        elif not isinstance(key, str):
            raise InvalidDocument(f"a key at {shown(path)} is not a text")
        else:
            made = _value(value, (*path, key), (*above, active), visit)
            found.append((key, made.text if isinstance(made, Comment) else made))
            active = []
    return found


def _list(items: list[Any], path: Path, above: Active, visit: Visit) -> list[Any]:
    if len(above) > MOST_DEPTH:
        raise InvalidDocument(f"the document is nested deeper than {MOST_DEPTH}")
    found: list[Any] = []
    active: list[str] = []
    for item in items:
        if isinstance(item, Comment):
            active.append(item.text)
            found.append(visit(item, path, (*above, active)))
        else:
            found.append(_value(item, path, (*above, active), visit))
            active = []
    return found


def _value(value: Any, path: Path, active: Active, visit: Visit) -> Any:
    if isinstance(value, Pairs):
        return _branch(value, path, active, visit)
    if isinstance(value, list):
        return _list(value, path, active, visit)
    return None if value is None else visit(value, path, active)


def authenticated(value: Any) -> bytes:
    """A value as it goes into the MAC."""
    if isinstance(value, bool):
        return b"True" if value else b"False"
    if isinstance(value, float):
        return float_text(value).encode()
    return str(value).encode("utf-8", "surrogateescape")


def float_text(value: float) -> str:
    """The fewest digits that are the number, never with an exponent."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def number_text(value: Any) -> str:
    """A value that is no text as the formats without types write it: dotenv and INI."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return float_text(value)
    exponent = math.floor(math.log10(abs(value))) if value else 0
    if -5 < exponent < 21:
        text = float_text(value)
        return text if "." in text else f"{text}.0"
    mantissa, _, power = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}E{int(power):+03d}"


def plain(value: Any) -> Any:
    """The document as JSON values, without comments; of keys that are there twice the last one stays."""
    if isinstance(value, Pairs):
        return {key: plain(item) for key, item in value if not isinstance(key, Comment)}
    if isinstance(value, list):
        return [plain(item) for item in value if not isinstance(item, Comment)]
    return str(value) if isinstance(value, Time) else value


def of_plain(value: Any) -> Any:
    """JSON values as a document."""
    if isinstance(value, dict):
        return Pairs((key, of_plain(item)) for key, item in value.items())
    if isinstance(value, list):
        return [of_plain(item) for item in value]
    return value


def without_comments(branch: Pairs) -> Iterator[tuple[str, Any]]:
    """The entries that are no comments."""
    return ((key, value) for key, value in branch if not isinstance(key, Comment))


def shown(path: Path) -> str:
    """A place in a document, for messages: keys are not secret to SOPS, which leaves them readable."""
    return ".".join(path) or "the top"
