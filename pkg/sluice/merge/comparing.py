"""What differs between two objects, as sets of fields."""

import enum
from dataclasses import dataclass, field
from typing import Any, Final

from sluice.merge import fieldsets, items
from sluice.merge.elements import Path
from sluice.merge.equality import same
from sluice.merge.fieldsets import Node
from sluice.merge.shapes import ListShape, MapShape, Shape


class Absent(enum.Enum):
    """The type of `ABSENT`, which tells a field that is not there from one that is null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

_Map = dict[str, Any] | None


@dataclass(frozen=True)
class Comparison:
    """No field is in more than one of the three; a structure that came or went is in with all that is in it."""

    removed: Node = field(default_factory=dict)
    modified: Node = field(default_factory=dict)
    added: Node = field(default_factory=dict)

    def without(self, ignored: Node) -> "Comparison":
        """The same, blind to these fields and everything below them."""
        if not ignored:
            return self
        return Comparison(
            fieldsets.without(self.removed, ignored),
            fieldsets.without(self.modified, ignored),
            fieldsets.without(self.added, ignored),
        )


def compare(before: Any, after: Any, shape: Shape) -> Comparison:
    """What happened between `before` and `after`."""
    result = Comparison()
    _compare(before, after, shape, (), result)
    return result


def _compare(a: Any, b: Any, shape: Shape, path: Path, result: Comparison) -> None:
    if a is b:
        return
    kinds = {_kind(value, shape) for value in (a, b) if value is not ABSENT}
    inside = False
    for kind in sorted(kinds):
        inside = _by_kind(kind, a, b, shape, path, result)
    if inside and a is ABSENT:
        fieldsets.insert(result.added, path)
    elif inside and b is ABSENT:
        fieldsets.insert(result.removed, path)


def _by_kind(kind: str, a: Any, b: Any, shape: Shape, path: Path, result: Comparison) -> bool:
    """Compare as a map, a list or a leaf; True when the value was descended into rather than taken as a leaf."""
    if kind == "map" and shape.mapping is not None and not shape.mapping.atomic:
        before, after = (value if isinstance(value, dict) else None for value in (a, b))
        if before or after:
            _maps(before, after, shape.mapping, path, result)
            return True
    elif kind == "list" and shape.listing is not None and not shape.listing.atomic:
        mine, theirs = (value if isinstance(value, list) else [] for value in (a, b))
        if mine or theirs:
            _lists(mine, theirs, shape.listing, path, result)
            return True
    _leaf(a, b, path, result)
    return False


def _kind(value: Any, shape: Shape) -> str:
    """Which of the shape's types a value has; map before scalar before list where it has none of them."""
    if isinstance(value, dict) and shape.mapping is not None:
        return "map"
    if isinstance(value, list) and shape.listing is not None:
        return "list"
    if shape.scalar and value is not None and not isinstance(value, dict | list):
        return "leaf"
    if shape.mapping is not None:
        return "map"
    return "leaf" if shape.scalar else "list"


def _leaf(a: Any, b: Any, path: Path, result: Comparison) -> None:
    if a is ABSENT:
        fieldsets.insert(result.added, path)
    elif b is ABSENT:
        fieldsets.insert(result.removed, path)
    elif not same(a, b):
        fieldsets.insert(result.modified, path)


def _maps(a: _Map, b: _Map, shape: MapShape, path: Path, result: Comparison) -> None:
    before, after = _completed(a, b, shape), _completed(b, a, shape)
    for name, value in before.items():
        other = after.get(name, ABSENT)
        if value is not other:
            _compare(value, other, shape.child(name), (*path, "f:" + name), result)
    for name, value in after.items():
        if name not in before:
            _compare(ABSENT, value, shape.child(name), (*path, "f:" + name), result)


def _completed(value: _Map, other: _Map, shape: MapShape) -> dict[str, Any]:
    """A structure with the fields it always has; where both sides lack one it makes no difference."""
    if value is None or not shape.zeros:
        return value or {}
    lacking = {
        name: zero for name, zero in shape.zeros.items() if name not in value and (other is None or name in other)
    }
    return {**lacking, **value} if lacking else value


def _lists(a: list[Any], b: list[Any], shape: ListShape, path: Path, result: Comparison) -> None:
    before, after = items.index(shape, a), items.index(shape, b)
    for element, mine in before.items():
        _items(mine, after.get(element, []), shape, (*path, element), result)
    for element, theirs in after.items():
        if element not in before:
            _items([], theirs, shape, (*path, element), result)


def _items(a: list[Any], b: list[Any], shape: ListShape, path: Path, result: Comparison) -> None:
    """Items under one element; duplicates count as one atomic thing."""
    if len(a) <= 1 and len(b) <= 1:
        _compare(a[0] if a else ABSENT, b[0] if b else ABSENT, shape.item, path, result)
    elif len(a) >= 2 and len(b) >= 2:
        if not same(a, b):
            fieldsets.insert(result.modified, path)
    elif len(a) >= 2:
        if b:
            _compare(ABSENT, b[0], shape.item, path, result)
        fieldsets.insert(result.removed, path)
    else:
        if a:
            _compare(a[0], ABSENT, shape.item, path, result)
        fieldsets.insert(result.added, path)
