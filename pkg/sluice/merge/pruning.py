"""What leaves the object because its applier no longer applies it."""

from typing import Any

from sluice.merge import fieldsets, removing
from sluice.merge.extracting import field_set
from sluice.merge.fieldsets import Node
from sluice.merge.shapes import Shape


def prune(merged: Any, shape: Shape, *, last: Node, current: Node, owned: Node) -> Any:
    """The merged object without what the applier owned last and nobody owns now.

    `last` and `current` are the applier's sets before and now, `owned` what anybody owns now, the applier included.
    Taking away a list item or a map takes what is in it along; what of that is owned comes back, and what was never
    the applier's own comes back too.
    """
    if not last or not fieldsets.difference(last, current):
        return merged
    last = removing.with_structures(last, shape)
    present = removing.with_structures(field_set(merged, shape), shape)
    bare = removing.remove(merged, last, shape)
    kept = fieldsets.union(_fields(bare, shape), removing.with_structures(owned, shape))
    pruned = removing.remove(merged, fieldsets.difference(present, kept), shape)
    gone = fieldsets.difference(present, _fields(pruned, shape))
    return removing.remove(merged, fieldsets.intersection(gone, last), shape)


def _fields(value: Any, shape: Shape) -> Node:
    return removing.with_structures(field_set(value, shape), shape)
