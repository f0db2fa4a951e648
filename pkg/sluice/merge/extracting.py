"""Which fields an object has: the set that an apply of it would own."""

from typing import Any

from sluice.merge import fieldsets, items
from sluice.merge.fieldsets import LEAF, Node
from sluice.merge.shapes import ListShape, MapShape, Shape


def field_set(value: Any, shape: Shape) -> Node:
    """The root of every leaf, list item and map key in the value; structures themselves are not members."""
    return _node(value, shape) or {}


def _node(value: Any, shape: Shape) -> Node | None:
    """What the value adds to the set at its own place; None is nothing."""
    if isinstance(value, dict) and shape.mapping is not None:
        return LEAF if shape.mapping.atomic else _of_map(value, shape.mapping)
    if isinstance(value, list) and shape.listing is not None:
        return LEAF if shape.listing.atomic else _of_list(value, shape.listing)
    if shape.scalar and value is not None and not isinstance(value, dict | list):
        return LEAF
    return _misfit(shape)


def _misfit(shape: Shape) -> Node | None:
    """Null, or a value of a type the shape does not have: the first type it does have decides."""
    if shape.mapping is not None:
        return LEAF if shape.mapping.atomic else None
    if shape.scalar:
        return LEAF
    return LEAF if shape.listing is None or shape.listing.atomic else None


def _of_map(value: dict[str, Any], shape: MapShape) -> Node | None:
    result: Node = {}
    declared = shape.declared
    for name, child in value.items():
        node = _node(child, shape.child(name))
        if child is None or child == {} or name not in declared:
            node = LEAF if node is None else fieldsets.joined(node)
        if node is not None:
            result["f:" + name] = node
    return result or None


def _of_list(value: list[Any], shape: ListShape) -> Node | None:
    result: Node = {}
    for element, found in items.index(shape, value).items():
        node = _node(found[0], shape.item) if len(found) == 1 else None
        result[element] = LEAF if node is None else fieldsets.joined(node)
    return result or None
