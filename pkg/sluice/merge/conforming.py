"""Whether an object fits its shape, in the API server's words."""

import json
from typing import Any

from sluice.merge import elements, items
from sluice.merge.errors import MistypedError
from sluice.merge.shapes import ListShape, MapShape, Shape
from sluice.merge.values import go_value

Mistakes = list[tuple[str, str]]


def check(value: Any, shape: Shape) -> None:
    """Raise MistypedError for unknown fields, wrong types and duplicate items."""
    mistakes: Mistakes = []
    _check(value, shape, "", mistakes)
    if mistakes:
        raise MistypedError(tuple(mistakes))


def _check(value: Any, shape: Shape, path: str, mistakes: Mistakes) -> None:
    if isinstance(value, dict) and shape.mapping is not None:
        _map(value, shape.mapping, path, mistakes)
    elif isinstance(value, list) and shape.listing is not None:
        _list(value, shape.listing, path, mistakes)
    elif value is not None and not (shape.scalar and _scalar(value, shape.scalar)):
        mistakes.append((path, f"expected {_expected(shape)}, got {_shown(value, shape)}"))


def _map(value: dict[str, Any], shape: MapShape, path: str, mistakes: Mistakes) -> None:
    for name, child in value.items():
        where = f"{path}.{name}"
        if name not in shape.declared and shape.element is None:
            mistakes.append((where, "field not declared in schema"))
        elif child is not None:
            _check(child, shape.child(name), where, mistakes)


def _list(value: list[Any], shape: ListShape, path: str, mistakes: Mistakes) -> None:
    seen: set[str] = set()
    for position, item in enumerate(value):
        step = f"[{position}]"
        if not shape.atomic:
            try:
                element = items.element(shape, item)
            except items.ItemError as exc:
                mistakes.append((path, f"element {position}: {exc}"))
                return
            step = elements.text(element)
            if element in seen:
                mistakes.append((path, f"duplicate entries for key {step}"))
            seen.add(element)
        _check(item, shape.item, path + step, mistakes)


def _scalar(value: Any, kind: str) -> bool:
    if isinstance(value, dict | list):
        return False
    if kind == "numeric":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    return kind == "untyped" or isinstance(value, bool)


def _expected(shape: Shape) -> str:
    if shape.mapping is not None:
        return "map"
    words = {"numeric": "numeric (int or float)", "untyped": "any scalar", "": "list"}
    return words.get(shape.scalar, shape.scalar)


def _shown(value: Any, shape: Shape) -> str:
    """How Go prints the value: a number field names the type, a string field the Go value, others the JSON value."""
    if shape.mapping is None and shape.scalar == "numeric":
        return {str: "string", bool: "bool", dict: "map[string]interface {}"}.get(type(value), "[]interface {}")
    if shape.mapping is None and shape.scalar == "string":
        return f"&value.valueUnstructured{{Value:{_go(value)}}}"
    return f"&{{{go_value(value)}}}"


def _go(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "map[string]interface {}{" + ", ".join(f"{json.dumps(k)}:{_go(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(_go, value)) + "}"
    return json.dumps(value)
