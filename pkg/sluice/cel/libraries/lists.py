"""Lists: order, sums, bounds, positions and parts."""

from itertools import pairwise
from typing import Any

from sluice.cel.libraries.functions import Function, function, method

MAX_RANGE = 10_000


def _is_sorted(items: list[Any]) -> bool:
    return all(before <= after for before, after in pairwise(items))


def _smallest(items: list[Any]) -> Any:
    if not items:
        raise ValueError("min called on empty list")
    return min(items)


def _largest(items: list[Any]) -> Any:
    if not items:
        raise ValueError("max called on empty list")
    return max(items)


def _index(items: list[Any], wanted: Any) -> int:
    return next((index for index, item in enumerate(items) if item == wanted), -1)


def _last_index(items: list[Any], wanted: Any) -> int:
    return next((index for index in reversed(range(len(items))) if items[index] == wanted), -1)


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if not 0 <= start <= end <= len(items):
        raise ValueError(f"cannot slice({start}, {end}), list is length {len(items)}")
    return items[start:end]


def _flatten(items: list[Any]) -> list[Any]:
    return [inner for item in items for inner in (item if isinstance(item, list) else [item])]


def _distinct(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def _range(end: int) -> list[int]:
    if end > MAX_RANGE:
        raise ValueError(f"lists.range is limited to {MAX_RANGE} items")
    return list(range(end))


FUNCTIONS: tuple[Function, ...] = (
    method("isSorted", "list(dyn)", "bool", _is_sorted),
    method("sum", "list(dyn)", "dyn", sum),
    method("min", "list(dyn)", "dyn", _smallest),
    method("max", "list(dyn)", "dyn", _largest),
    method("indexOf", "list(dyn), dyn", "int", _index),
    method("lastIndexOf", "list(dyn), dyn", "int", _last_index),
    method("sort", "list(dyn)", "list(dyn)", sorted),
    method("slice", "list(dyn), int, int", "list(dyn)", _slice),
    method("flatten", "list(dyn)", "list(dyn)", _flatten),
    method("distinct", "list(dyn)", "list(dyn)", _distinct),
    function("lists.range", "int", "list(int)", _range),
)
