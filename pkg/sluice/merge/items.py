"""Items of associative lists: which path element an item has."""

from collections.abc import Iterable
from typing import Any

from sluice.merge import elements
from sluice.merge.elements import Element
from sluice.merge.shapes import ListShape


class ItemError(ValueError):
    """The item cannot be told from others: the text is the API server's."""


def element(shape: ListShape, item: Any) -> Element:
    """The path element of an item of an associative list."""
    return _keyed(shape, item) if shape.keys else _valued(item)


def index(shape: ListShape, values: Iterable[Any]) -> dict[Element, list[Any]]:
    """Items by path element, in order of first appearance; more than one under an element are duplicates."""
    found: dict[Element, list[Any]] = {}
    for value in values:
        found.setdefault(element(shape, value), []).append(value)
    return found


def _keyed(shape: ListShape, item: Any) -> Element:
    if item is None:
        raise ItemError("associative list with keys may not have a null element")
    if not isinstance(item, dict):
        raise ItemError("associative list with keys may not have non-map elements")
    defaults = shape.defaults
    pairs = [(key, item.get(key, defaults.get(key))) for key in shape.keys if key in item or key in defaults]
    if not pairs:
        keys = " ".join(f'"{key}"' for key in shape.keys)
        raise ItemError(
            f"associative list with keys has an element that omits all key fields [{keys}] "
            "(and doesn't have default values for any key fields)"
        )
    return elements.keyed(pairs)


def _valued(item: Any) -> Element:
    if isinstance(item, dict):
        raise ItemError("associative list without keys has an element that's a map type")
    if isinstance(item, list):
        raise ItemError("not supported: associative list with lists as elements")
    if item is None:
        raise ItemError("associative list without keys has an element that's an explicit null")
    return elements.valued(item)
