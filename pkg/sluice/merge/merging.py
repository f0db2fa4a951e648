"""An applied object merged onto a live one: nothing is removed, what both set is taken from the applied one."""

from typing import Any

from sluice.merge import items
from sluice.merge.comparing import ABSENT
from sluice.merge.elements import Element
from sluice.merge.equality import same
from sluice.merge.shapes import ListShape, MapShape, Shape


def merge(live: Any, applied: Any, shape: Shape) -> Any:
    """The merged value. What does not change is the live value itself, not a copy."""
    if applied is ABSENT:
        return live
    if live is ABSENT or live is None:
        return applied
    if isinstance(applied, dict) and shape.mapping is not None:
        return _maps(live, applied, shape.mapping) if isinstance(live, dict) else applied
    if isinstance(applied, list) and shape.listing is not None:
        return _lists(live, applied, shape.listing) if isinstance(live, list) else applied
    if applied is None and _keeps(live, shape):
        return live
    return live if same(live, applied) else applied


def _keeps(live: Any, shape: Shape) -> bool:
    """Null says nothing about a structure that has something in it, unless the structure is atomic."""
    if isinstance(live, dict) and shape.mapping is not None:
        return bool(live) and not shape.mapping.atomic
    return isinstance(live, list) and bool(live) and shape.listing is not None and not shape.listing.atomic


def _maps(live: dict[str, Any], applied: dict[str, Any], shape: MapShape) -> dict[str, Any]:
    if shape.atomic or not (live or applied):
        return live if same(live, applied) else applied
    changes = {}
    for name, value in applied.items():
        before = live.get(name, ABSENT)
        after = merge(before, value, shape.child(name))
        if after is not before:
            changes[name] = after
    return {**live, **changes} if changes else live


def _lists(live: list[Any], applied: list[Any], shape: ListShape) -> list[Any]:
    if shape.atomic or not (live or applied):
        return live if same(live, applied) else applied
    merged = _Interleaving(live, applied, shape).result()
    unchanged = len(merged) == len(live) and all(a is b for a, b in zip(merged, live, strict=True))
    return live if unchanged else merged


class _Interleaving:
    """Two associative lists in one order.

    Items that both have follow the applied order; items that only the live list has stay where they were relative to
    the shared items before them.
    """

    def __init__(self, live: list[Any], applied: list[Any], shape: ListShape) -> None:
        self._shape = shape.item
        self._live = [(items.element(shape, item), item) for item in live]
        self._applied = [items.element(shape, item) for item in applied]
        self._mine = {key: found[0] if len(found) == 1 else ABSENT for key, found in items.index(shape, live).items()}
        self._theirs = dict(zip(self._applied, applied, strict=True))
        self._shared = [key for key in self._applied if key in self._mine]
        self._done: set[Element] = set()
        self._out: list[Any] = []

    def result(self) -> list[Any]:
        """The merged list."""
        mine = applied = 0
        while mine < len(self._live) or applied < len(self._applied):
            key = self._live[mine][0] if mine < len(self._live) else None
            wanted = self._applied[applied] if applied < len(self._applied) else None
            if key is not None and key == wanted:
                self._take(key)
                mine, applied = mine + 1, applied + 1
            elif key is not None and self._postponed(key, wanted):
                mine += 1
            elif key is not None and key not in self._theirs:
                self._out.append(self._live[mine][1])
                mine += 1
            else:
                if key is not None and key in self._done:
                    mine += 1
                if wanted is not None:
                    self._take(wanted)
                    applied += 1
        return self._out

    def _postponed(self, key: Element, wanted: Element | None) -> bool:
        """A shared item that is not the next one in the applied order: it comes when its turn is."""
        return wanted is not None and key in self._theirs and bool(self._shared) and self._shared[0] != key

    def _take(self, key: Element) -> None:
        self._done.add(key)
        self._out.append(merge(self._mine.get(key, ABSENT), self._theirs[key], self._shape))
        if self._shared and self._shared[0] == key:
            self._shared.pop(0)
