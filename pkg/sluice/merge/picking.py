"""What of an object a manager has applied, by the set of fields that it owns: the reverse of `extracting`."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sluice.merge import elements
from sluice.merge.errors import ManagedFieldsError
from sluice.merge.fieldsets import SELF

_DEEPEST: Final = 100
"""Levels that are followed: no API has as many, but for who wants to see what a reader makes of them."""


def pick(obj: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an object that a set of fields, in the wire format, names; items of lists in the object's order.

    A field that is in the set with nothing below it is taken with all that it holds; it is None where the object does
    not have it, as servers keep nothing of what was applied empty.

    Raises:
        ManagedFieldsError: the set leads to what is not in the object, or not once, or known by its place in a list.
    """
    try:
        found: dict[str, Any] = _part(obj, fields, _DEEPEST)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise ManagedFieldsError(f"the object is not as the set has it: {exc!r}") from exc
    return found


def _part(value: Any, node: Mapping[str, Any], depth: int) -> Any:
    if _is_last(node):
        return value
    if not depth:
        raise ValueError("too deep")
    if isinstance(value, list):
        return _items(value, node, depth)
    picked = {}
    for step, below in node.items():
        if step != SELF:
            if not step.startswith("f:"):
                raise ValueError(f"{step} in a mapping")
            name = step[2:]
            picked[name] = value.get(name) if _is_last(below) else _part(value[name], below, depth - 1)
    return picked


def _is_last(node: Mapping[str, Any]) -> bool:
    """Whether the set has nothing below the field."""
    return not node or (SELF in node and len(node) == 1)


def _items(value: list[Any], node: Mapping[str, Any], depth: int) -> list[Any]:
    wanted = {elements.canonical(step): below for step, below in node.items() if step != SELF}
    keys = _keys(next(step for step in node if step != SELF))
    picked = []
    for item in value:
        element = elements.valued(item) if keys is None else _keyed(item, keys)
        below = wanted.get(element)
        if below is not None:
            # An item that is there twice is missing the second time.
            wanted[element] = None
            picked.append(_part(item, below, depth - 1))
        elif element in wanted:
            raise ValueError(f"{element} twice")
    if len(picked) < len(wanted):
        raise KeyError("an item")
    return picked


def _keys(step: str) -> list[str] | None:
    """The names of the fields that items of a list are known by; None where they are known by their value."""
    if step.startswith("v:"):
        return None
    if not step.startswith("k:"):
        raise ValueError(f"{step} in a list")
    return list(json.loads(step[2:]))


def _keyed(item: Any, keys: list[str]) -> str:
    return elements.keyed((key, item[key]) for key in keys if key in item)
