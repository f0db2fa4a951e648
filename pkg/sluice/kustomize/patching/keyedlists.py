"""Lists whose items are told apart by keys, with kustomize's ways of finding, replacing and joining them.

Keys are compared as text. Where a list has two keys and items leave one out (`protocol` of a port), kustomize
compares by what is there; the functions keep its results, surprising ones included.
"""

from collections.abc import Sequence
from typing import Any

from sluice.kustomize.errors import InvalidPatch
from sluice.kustomize.model.ids import text

Values = list[str]


def values_of(sources: Sequence[list[Any]], keys: Sequence[str]) -> list[Values]:
    """Return the items' key values, each combination once, in the order they appear."""
    found: list[Values] = []
    for source in sources:
        for item in source:
            values = [_value(item, key) for key in keys]
            if values not in found:
                found.append(values)
    return found


def primitives_of(sources: Sequence[list[Any]]) -> list[Values]:
    """Return the items of lists of scalars, each once."""
    found: dict[str, Values] = {}
    for source in sources:
        for item in source:
            found.setdefault(_shown(item), [_shown(item)])
    return list(found.values())


def unite(found: list[Values]) -> None:
    """Make items one that agree in a key and differ only in what one of them leaves out."""
    for left in range(len(found)):
        for right in range(len(found)):
            united = _united(found[left], found[right])
            if united is not None:
                found[left] = found[right] = united


def usable(found: Sequence[Sequence[str]], values: Sequence[str], keys: Sequence[str]) -> tuple[Values, Values]:
    """Return the keys that any item gives, and the values for them; all of both when no item gives any."""
    given = {key for each in found for key, value in zip(keys, each, strict=False) if value}
    if not given:
        return list(keys), list(values)
    return (
        [key for key in keys if key in given],
        [value for key, value in zip(keys, values, strict=False) if value or key in given],
    )


def find(items: list[Any], keys: Sequence[str], values: Sequence[str]) -> Any:
    """Return the first item with these values, or None."""
    if not keys[0]:
        return next((item for item in items if _shown(item) == values[0]), None)
    for item in items:
        if isinstance(item, dict) and all(
            key in item and _shown(item[key]) == value for key, value in zip(keys, values, strict=False)
        ):
            return item
    return None


def put(items: list[Any], item: Any, keys: Sequence[str], values: Sequence[str]) -> None:
    """Replace every item with these values by `item`, or append it; None removes them."""
    kept: list[Any] = []
    replaced = False
    mapping_wanted = bool(keys[0]) and bool(values) and bool(values[0])
    for present in items:
        if present is None or present == {}:
            continue
        if mapping_wanted and not isinstance(present, dict):
            kept.append(present)
        elif not _has(present, keys, values):
            if values:
                kept.append(present)
        else:
            replaced = True
            if item is not None:
                kept.append(item)
    if item is not None and not replaced:
        kept.append(item)
    items[:] = kept


def join(first: list[Any], rest: list[Any], keys: Sequence[str]) -> list[Any]:
    """Return the items of `first`, then those of `rest`; an item of both keeps its place in `first`."""
    for item in list(rest):
        if not keys[0]:
            put(first, item, [""], [_shown(item)])
            continue
        values: Values = []
        for key in keys:
            if isinstance(item, dict) and key in item:
                values.append(_shown(item[key]))
            else:
                first.append(item)
        if len(keys) > 1:
            put(first, None, keys, values)
        put(first, item, keys, values)
    return first


def _has(item: Any, keys: Sequence[str], values: Sequence[str]) -> bool:
    if not keys[0]:
        if isinstance(item, dict | list):
            raise _misfit("ScalarNode", item)
        return _shown(item) == (values[0] if values else "")
    if not isinstance(item, dict):
        raise _misfit("MappingNode", item)
    # As in kustomize an empty value asks only that the key be there, and a key without a value asks nothing.
    return bool(values) and all(
        key in item and (not value or _shown(item[key]) == value) for key, value in zip(keys, values, strict=False)
    )


def _misfit(wanted: str, item: Any) -> InvalidPatch:
    found = "MappingNode" if isinstance(item, dict) else "SequenceNode" if isinstance(item, list) else "ScalarNode"
    return InvalidPatch(f"wrong node kind: expected {wanted} but got {found}")


def _shown(value: Any) -> str:
    """Return the text of a scalar as it is written: what nobody has given a value is told from an empty text."""
    return "null" if value is None else text(value)


def _value(item: Any, key: str) -> str:
    return text(item.get(key)) if isinstance(item, dict) else ""


def _united(left: Values, right: Values) -> Values | None:
    if any(a and b and a != b for a, b in zip(left, right, strict=False)):
        return None
    if not any(a == b for a, b in zip(left, right, strict=False)):
        return None
    return [a or b for a, b in zip(left, right, strict=False)]
