"""An object without some of its fields."""

from typing import Any

from sluice.merge import fieldsets, items
from sluice.merge.fieldsets import LEAF, Node
from sluice.merge.shapes import ListShape, MapShape, Shape


def remove(value: Any, fields: Node, shape: Shape) -> Any:
    """The value without the members of a root set; what leads to them stays, empty if need be."""
    if not fields:
        return value
    if isinstance(value, dict) and shape.mapping is not None:
        return {} if shape.mapping.atomic else _from_map(value, fields, shape.mapping)
    if isinstance(value, list) and shape.listing is not None:
        return [] if shape.listing.atomic else _from_list(value, fields, shape.listing)
    return value


def _from_map(value: dict[str, Any], fields: Node, shape: MapShape) -> dict[str, Any]:
    result = {}
    for name, child in value.items():
        node = fields.get("f:" + name)
        if node is None:
            result[name] = child
        elif not fieldsets.member(node):
            result[name] = remove(child, node, shape.child(name))
    return result


def _from_list(value: list[Any], fields: Node, shape: ListShape) -> list[Any]:
    result = []
    for item in value:
        node = fields.get(items.element(shape, item))
        if node is None:
            result.append(item)
        elif not fieldsets.member(node):
            result.append(remove(item, node, shape.item))
    return result


def with_structures(fields: Node, shape: Shape) -> Node:
    """The set with every declared field as a member that has members below it."""
    if not fields:
        return fields
    mapping, listing = shape.mapping, shape.listing
    result: Node = {}
    for element, node in fields.items():
        if not node:
            result[element] = LEAF
            continue
        if element[0] == "f" and mapping is not None:
            name = element[2:]
            below = with_structures(node, mapping.child(name))
            result[element] = fieldsets.joined(below) if name in mapping.declared else below
        elif element[0] == "k" and listing is not None:
            result[element] = with_structures(node, listing.item)
        else:
            result[element] = node
    return result
