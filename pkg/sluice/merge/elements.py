"""Path elements: one step from an object into a field, a list item or a value.

A path element is the text that `fieldsV1` uses for it, in one canonical spelling: equal steps are equal strings.

    f:spec                            the field or map key "spec"
    k:{"name":"web","port":80}        the list item with these keys, sorted
    v:"finalizer"                     the set member with this value
    i:3                               the list item at this index
"""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

Element = str
Path = tuple[Element, ...]

_KINDS = {"f": 0, "k": 1, "v": 2, "i": 3}


def field(name: str) -> Element:
    """The step to a field or map key."""
    return "f:" + name


def keyed(pairs: Iterable[tuple[str, Any]]) -> Element:
    """The step to a list item by its key fields."""
    return "k:{" + ",".join(f"{_json(name)}:{_json(value)}" for name, value in sorted(pairs)) + "}"


def valued(value: Any) -> Element:
    """The step to a member of a set."""
    return "v:" + _json(value)


@functools.lru_cache(maxsize=8192)
def canonical(text: str) -> Element | None:
    """The one spelling of an element somebody else wrote; None for a kind this version does not know.

    Raises ValueError when it is no path element at all.
    """
    if len(text) < 2:
        raise ValueError("key must be 2 characters long:")
    kind, body = text[0], text[2:]
    if text[1] != ":":
        raise ValueError(f"missing colon: {text}")
    if kind == "k":
        return keyed(_mapping(json.loads(body)).items())
    if kind == "v":
        return valued(json.loads(body))
    if kind == "i":
        return f"i:{int(body)}"
    return text if kind == "f" else None


@functools.lru_cache(maxsize=8192)
def order(element: Element) -> tuple[Any, ...]:
    """A sort key: fields, then keyed items, values and indices, each in their own order."""
    kind = _KINDS[element[0]]
    if kind == 0:
        return (kind, element[2:])
    content = json.loads(element[2:])
    if kind == 1:
        return (kind, tuple((name, _rank(value)) for name, value in content.items()))
    return (kind, _rank(content))


@functools.lru_cache(maxsize=8192)
def text(element: Element) -> str:
    """The element as messages show it: `.spec`, `[name="web"]`, `[="x"]`, `[3]`."""
    if element[0] == "f":
        return "." + element[2:]
    content = json.loads(element[2:])
    if element[0] == "k":
        return "[" + ",".join(f"{name}={_shown(value)}" for name, value in content.items()) + "]"
    return f"[={_shown(content)}]" if element[0] == "v" else f"[{content}]"


def path_text(path: Path) -> str:
    """The path as messages show it: `.spec.ports[port=80,protocol="TCP"].name`."""
    return "".join(text(element) for element in path)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _json(value: Any) -> str:
    """JSON as Go writes it: no blanks, `<`, `>` and `&` escaped; 1.0 is 1, for they are equal as keys."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and not any(c in value for c in '"\\<>&'):
        return f'"{value}"'
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for char in "<>&\u2028\u2029":
        written = written.replace(char, f"\\u{ord(char):04x}")
    return written


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, str):
        return (1, value)
    return (3, _json(value))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return _json(value)
