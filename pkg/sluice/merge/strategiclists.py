"""Lists in a strategic merge patch: items found by merge key, scalars by value, and the order of the result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sluice.merge.errors import StrategicPatchError
from sluice.merge.values import go_type, go_value

Items = list[Any]

DIRECTIVE: Final = "$patch"


@dataclass(frozen=True, kw_only=True)
class Merging:
    """How the items of a list merge."""

    key: str
    """The field that tells items apart; empty: items are told apart by their value."""
    name: str
    """What messages call the list."""
    merge: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
    """Merges a patch into the item it is for."""


def merge_list(original: Items, patch: Items, how: Merging, *, deletion: bool) -> Items:
    """Both lists as one; `deletion`: take the patch's values out instead."""
    if not original and not patch:
        return original
    if not _maps(original, patch):
        if deletion:
            return [item for item in original if not _among(item, patch)]
        merged = _distinct([*original, *patch])
    else:
        if not how.key:
            raise StrategicPatchError(f"cannot merge lists without merge key for {how.name}")
        original, patch = _special(original, patch, how.key)
        merged = _by_key(original, patch, how)
    return reordered(merged, patch, original, how.key)


def reordered(merged: Items, order: Items, server: Items, key: str) -> Items:
    """The items that `order` names in its order, the others where the server had them in between."""
    named = sorted(
        (item for item in merged if _place(item, order, key) >= 0), key=lambda item: _place(item, order, key)
    )
    others = [item for item in merged if _place(item, order, key) < 0]
    others.sort(key=lambda item: _late(_place(item, server, key)))
    result: Items = []
    while named and others:
        mine, theirs = _place(named[0], server, key), _place(others[0], server, key)
        # An item the server never had goes first: it has no place to keep.
        result.append(others.pop(0) if 0 <= theirs < mine else named.pop(0))
    return [*result, *named, *others]


def check_order(patch: Items, order: Items, key: str) -> None:
    """The patch's items must come in the order given, and none of them may be missing there."""
    if not patch or not order:
        return
    items = [item for item in patch if not (isinstance(item, dict) and DIRECTIVE in item)]
    position = 0
    for wanted in order:
        if position < len(items) and _identity(items[position], key) == _identity(wanted, key):
            position += 1
    if position < len(items):
        raise StrategicPatchError(
            f"The order in patch list:\n{go_value(patch)}\n doesn't match $setElementOrder list:\n{go_value(order)}\n"
        )


def _special(original: Items, patch: Items, key: str) -> tuple[Items, Items]:
    """Both lists after the items that carry a `$patch` directive had their say."""
    plain: Items = []
    replace = False
    for item in patch:
        if DIRECTIVE not in item:
            plain.append(item)
            continue
        directive = item[DIRECTIVE]
        if directive == "delete":
            value = _key(item, key)
            original = [other for other in original if not _same(_mapping(other).get(key), value)]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise StrategicPatchError("merging lists cannot yet be specified in the patch")
        else:
            raise StrategicPatchError(f"unknown patch type: {go_value(directive)} in map: {go_value(item)}")
    return (plain, []) if replace else (original, plain)


def _by_key(original: Items, patch: Items, how: Merging) -> Items:
    result = list(original)
    for item in patch:
        value = _key(item, how.key)
        for position, other in enumerate(result):
            if how.key in _mapping(other) and _same(other[how.key], value):
                result[position] = how.merge(other, item)
                break
        else:
            result.append(item)
    return result


def _maps(original: Items, patch: Items) -> bool:
    """Whether the items are maps; all of both lists must be of one type, and not lists."""
    types = [go_type(item) for item in (*original, *patch)]
    if types[0] == "[]interface {}":
        raise StrategicPatchError("lists of lists are not supported")
    if len(set(types)) > 1:
        raise StrategicPatchError(f"list element types are not identical: {go_value([original, patch])}")
    return types[0] == "map[string]interface {}"


def _place(item: Any, where: Items, key: str) -> int:
    wanted = _identity(item, key)
    for position, other in enumerate(where):
        if _same(_identity(other, key), wanted):
            return position
    return -1


def _late(place: int) -> float:
    return place if place >= 0 else float("inf")


def _identity(item: Any, key: str) -> Any:
    return _key(item, key) if key else item


def _key(item: Any, key: str) -> Any:
    if key not in _mapping(item):
        raise StrategicPatchError(f"map: {go_value(item)} does not contain declared merge key: {key}")
    return item[key]


def _mapping(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise StrategicPatchError(f"expected a map[string]interface {{}}, but received a {go_type(item)}")
    return item


def _distinct(values: Items) -> Items:
    result: Items = []
    for value in values:
        if not _among(value, result):
            result.append(value)
    return result


def _among(value: Any, values: Items) -> bool:
    return any(_same(value, other) for other in values)


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
