"""From JSON values to the text that `sigs.k8s.io/yaml` (go-yaml v2) writes for them, byte for byte."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from sluice.yamlio import keys, writing
from sluice.yamlio.scalars import as_json_number, float_text

_INTEGERS = range(-(2**63), 2**64)
"""What Go reads as an integer; the others are floats to it."""


Order = Callable[[tuple[str, ...]], Iterable[str]]
"""Gives the keys of a mapping in the order in which they are written."""


def dump(document: Any, *, order: Order = keys.ordered) -> str:
    """Return `document` as YAML, ending in a line break. Values are JSON's; a tuple is written as a list.

    Keys are in the order of Go's writer, unless another is given.
    """
    out: list[str] = []
    if isinstance(document, dict) and document:
        _mapping(out, document, 0, order, started=True)
    elif isinstance(document, list | tuple) and document:
        _sequence(out, document, 0, order, started=True)
    else:
        out.append(_inline(document, -1, 2).removeprefix(" "))
    return "".join(out)


def dump_all(documents: Iterable[Any]) -> str:
    """Return the documents as one stream, separated by `---` lines."""
    return "---\n".join(dump(document) for document in documents)


def _mapping(out: list[str], mapping: dict[str, Any], indent: int, order: Order, *, started: bool) -> None:
    """Write the entries at `indent`; `started` tells that the first one continues the current line."""
    margin = " " * indent
    for key in order(tuple(mapping)):
        if not started:
            out.append(margin)
        started = False
        value = mapping[key]
        shown = _key(key)
        if shown is None:
            _complex_key(out, key, value, indent, order)
            continue
        out.append(shown)
        kind = type(value)
        if kind is str:
            out.append(writing.value(value, indent + len(shown), indent + 2))
        elif isinstance(value, dict) and value:
            out.append("\n")
            _mapping(out, value, indent + 2, order, started=False)
        elif (kind is list or kind is tuple) and value:
            out.append("\n")
            _sequence(out, value, indent, order, started=False)
        else:
            out.append(_inline(value, indent + len(shown), indent + 2))


def _sequence(out: list[str], items: Iterable[Any], indent: int, order: Order, *, started: bool) -> None:
    dash = " " * indent + "-"
    for item in items:
        out.append("-" if started else dash)
        started = False
        if isinstance(item, dict) and item:
            out.append(" ")
            _mapping(out, item, indent + 2, order, started=True)
        elif isinstance(item, list | tuple) and item:
            out.append(" ")
            _sequence(out, item, indent + 2, order, started=True)
        else:
            out.append(_inline(item, indent + 1, indent + 2))


def _inline(value: Any, column: int, indent: int) -> str:
    """Return a scalar or an empty collection to the end of its line, with the space that stands before it."""
    if isinstance(value, str):
        return writing.value(value, column, indent)
    if value is None:
        return " null\n"
    if value is True:
        return " true\n"
    if value is False:
        return " false\n"
    if isinstance(value, int | float):
        return f" {_number(value)}\n"
    if isinstance(value, dict):
        return " {}\n"
    if isinstance(value, list | tuple):
        return " []\n"
    raise TypeError(f"cannot write a value of type {type(value).__name__} as YAML")


def _number(value: float) -> str:
    if isinstance(value, float):
        value = as_json_number(value)
    return str(value) if isinstance(value, int) and value in _INTEGERS else float_text(float(value))


def _complex_key(out: list[str], key: str, value: Any, indent: int, order: Order) -> None:
    """Write a key that cannot stand on one line with its value: `? key` and `: value`."""
    margin = " " * indent
    out.append("?" + writing.value(key, indent + 1, indent + 2))
    out.append(margin + ":")
    if isinstance(value, dict) and value:
        out.append(" ")
        _mapping(out, value, indent + 2, order, started=True)
    elif isinstance(value, list | tuple) and value:
        out.append(" ")
        _sequence(out, value, indent + 2, order, started=True)
    else:
        out.append(_inline(value, indent + 1, indent + 2))


@lru_cache(maxsize=8192)
def _key(key: str) -> str | None:
    simple = writing.key(key)
    return None if simple is None else simple + ":"
