"""Strategic merge patch: a merge patch that knows how lists merge, with the API server's directives and errors.

$patch: replace | delete | merge          on a map, or on an item of a list merged by key
$retainKeys: [...]                        the only fields a map keeps
$deleteFromPrimitiveList/<field>: [...]   values to take out of a list of scalars
$setElementOrder/<field>: [...]           the order of a merged list
"""

import functools
from typing import Any, Final

from sluice.merge import strategiclists as lists
from sluice.merge.errors import StrategicPatchError
from sluice.merge.strategiclists import DIRECTIVE
from sluice.merge.values import go_type, go_value
from sluice.schema import Schema

Object = dict[str, Any]

_RETAIN_KEYS: Final = "$retainKeys"
_DELETE_LIST: Final = "$deleteFromPrimitiveList"
_ORDER_LIST: Final = "$setElementOrder"


def strategic(document: Object, patch: Object, schema: Schema | None) -> Object:
    """The document with the patch merged in.

    Without a schema (custom kinds have none for this) no list merges: what the API server refuses outright, build
    tools do. Raises StrategicPatchError.
    """
    return merge_map(document, patch, schema)


def merge_map(original: Object, patch: Object, schema: Schema | None) -> Object:
    """One level of the merge."""
    if DIRECTIVE in patch:
        return _directed(patch)
    result = _retained(original, patch)
    patch = {name: value for name, value in patch.items() if name != _RETAIN_KEYS}
    patch = _ordered_lists(result, patch, schema)
    for name, value in patch.items():
        deletion = name.startswith(_DELETE_LIST)
        field = _suffix(name, _DELETE_LIST, "invalid patch format of primitive list") if deletion else name
        if value is None:
            result.pop(field, None)
        elif field in result and go_type(result[field]) == go_type(value):
            _set(result, field, _merged(result[field], value, _child(schema, field), field, deletion=deletion))
        elif not deletion:
            _set(result, field, without_directives(without_nulls(value)))
    return result


def without_nulls(value: Any) -> Any:
    """The value without fields that are null, at any depth."""
    if isinstance(value, dict):
        return {name: without_nulls(child) for name, child in value.items() if child is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


class Dropped:
    """What is left of a map that carries a `$patch` directive where nothing is there to merge it into."""


DROPPED: Final = Dropped()


def without_directives(value: Any) -> Any:
    """The value without maps that carry a `$patch` directive; DROPPED when it is one itself."""
    if isinstance(value, dict):
        if DIRECTIVE in value:
            return DROPPED
        kept = {name: without_directives(child) for name, child in value.items()}
        return {name: child for name, child in kept.items() if child is not DROPPED}
    if isinstance(value, list):
        return [kept for kept in map(without_directives, value) if kept is not DROPPED]
    return value


def _set(result: Object, name: str, value: Any) -> None:
    if value is DROPPED:
        result.pop(name, None)
    else:
        result[name] = value


def _directed(patch: Object) -> Object:
    directive = patch[DIRECTIVE]
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != DIRECTIVE}
    if directive == "delete":
        return {}
    raise StrategicPatchError(f"unknown patch type: {go_value(directive)} in map: {go_value(patch)}")


def _merged(original: Any, patch: Any, schema: Schema | None, name: str, *, deletion: bool) -> Any:
    """A field that both have, in the same type."""
    if isinstance(original, dict):
        return patch if _strategy(schema) == "replace" else merge_map(original, patch, schema)
    if isinstance(original, list):
        if deletion or _strategy(schema) == "merge":
            return lists.merge_list(original, patch, _list(schema, name), deletion=deletion)
        return patch
    return patch


def _retained(original: Object, patch: Object) -> Object:
    """The original without what `$retainKeys` does not name; what the patch sets must be named there."""
    if _RETAIN_KEYS not in patch:
        return dict(original)
    keys = patch[_RETAIN_KEYS]
    if not isinstance(keys, list):
        raise StrategicPatchError("invalid patch format of retainKeys", malformed=True)
    for name, value in patch.items():
        free = value is None or name == _RETAIN_KEYS or name.startswith((_DELETE_LIST, _ORDER_LIST))
        if not free and name not in keys:
            raise StrategicPatchError("invalid patch format of retainKeys", malformed=True)
    return {name: value for name, value in original.items() if name in keys}


def _ordered_lists(result: Object, patch: Object, schema: Schema | None) -> Object:
    """Merge every list that has an order given for it into `result`; the patch without those lists is returned."""
    left = dict(patch)
    for name, order in patch.items():
        if not name.startswith(_ORDER_LIST):
            continue
        del left[name]
        if not isinstance(order, list):
            raise StrategicPatchError(f"expected a []interface {{}}, but received a {go_type(order)}")
        field = _suffix(name, _ORDER_LIST, "invalid patch format of setElementOrder list")
        child = _child(schema, field)
        mine, theirs = _list_at(result, field), _list_at(left, field)
        merging = _list(child, field)
        lists.check_order(theirs or [], order, merging.key)
        if mine is None and theirs is None:
            continue
        if mine is None:
            merged = without_directives(theirs)
        elif theirs is None:
            merged = mine
        else:
            replace = _strategy(child) != "merge"
            merged = theirs if replace else lists.merge_list(mine, theirs, merging, deletion=False)
        result[field] = lists.reordered(merged, order, mine or [], merging.key)
        left.pop(field, None)
    return left


def _list_at(holder: Object, name: str) -> list[Any] | None:
    if name not in holder:
        return None
    value = holder[name]
    if not isinstance(value, list):
        raise StrategicPatchError(f"expected a []interface {{}}, but received a {go_type(value)}")
    return value


def _suffix(name: str, prefix: str, otherwise: str) -> str:
    head, slash, tail = name.partition("/")
    if head != prefix or not slash:
        raise StrategicPatchError(otherwise, malformed=True)
    return tail


def _child(schema: Schema | None, name: str) -> Schema | None:
    if schema is None:
        return None
    return schema.property(name) or schema.additional


def _strategy(schema: Schema | None) -> str:
    """The strategy besides retainKeys, which a patch asks for by its own directive."""
    if schema is None:
        return ""
    return next((part for part in schema.patch_strategy if part != "retainKeys"), "")


def _list(schema: Schema | None, name: str) -> lists.Merging:
    key = schema.merge_key if schema is not None else None
    merge = functools.partial(merge_map, schema=schema.items if schema is not None else None)
    return lists.Merging(key=key or "", name=name, merge=merge)
