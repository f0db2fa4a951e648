"""Lists read as sets."""

from typing import Any

from sluice.cel.libraries.functions import Function, function


def _contains(items: list[Any], wanted: list[Any]) -> bool:
    return all(item in items for item in wanted)


def _equivalent(one: list[Any], other: list[Any]) -> bool:
    return _contains(one, other) and _contains(other, one)


def _intersects(one: list[Any], other: list[Any]) -> bool:
    return any(item in other for item in one)


FUNCTIONS: tuple[Function, ...] = (
    function("sets.contains", "list(dyn), list(dyn)", "bool", _contains),
    function("sets.equivalent", "list(dyn), list(dyn)", "bool", _equivalent),
    function("sets.intersects", "list(dyn), list(dyn)", "bool", _intersects),
)
