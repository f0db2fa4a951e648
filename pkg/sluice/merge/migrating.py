"""Sets written under another schema: what has become atomic since is owned as a whole."""

from sluice.merge.fieldsets import LEAF, Node
from sluice.merge.shapes import DEDUCED, Shape


def migrated(node: Node, shape: Shape) -> Node:
    """The set with everything below an atomic list or map folded into that list or map."""
    changes: Node = {}
    for element, below in node.items():
        if not below:
            continue
        child = _child(element, shape)
        if child is None or child is DEDUCED:
            continue
        after = LEAF if _atomic(child) else migrated(below, child)
        if after is not below:
            changes[element] = after
    return {**node, **changes} if changes else node


def _child(element: str, shape: Shape) -> Shape | None:
    mapping = shape.mapping
    if mapping is not None:
        if element[0] != "f" or (element[2:] not in mapping.declared and mapping.element is None):
            return None
        return mapping.child(element[2:])
    return shape.listing.item if shape.listing is not None else None


def _atomic(shape: Shape) -> bool:
    if shape.mapping is not None:
        return shape.mapping.atomic
    return not shape.scalar and shape.listing is not None and shape.listing.atomic
