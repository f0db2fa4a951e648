"""The strategic merge patch that leads a document on, from what was said of it before to what is said of it now."""

from __future__ import annotations

from typing import Any, Final

from sluice.merge.equality import same
from sluice.schema import Schema

Object = dict[str, Any]

_MERGE: Final = "merge"
_REPLACE: Final = "replace"
_RETAIN_KEYS: Final = "retainKeys"


def create_strategic(before: Object, after: Object, live: Object, schema: Schema | None) -> Object:
    """The three-way patch: merged into `live` it gives what `after` says, without what only `before` said.

    What else `live` has is left alone. The patch is empty when nothing is to be done, and is for that very `live`:
    directives for what is not there would stay in it as fields.
    """
    patch: Object = {name: None for name in before if name not in after and name in live}
    for name, value in after.items():
        if name not in live:
            patch[name] = value
        elif not same(value, live[name]):
            patch |= _field(name, before.get(name), value, live[name], _child(schema, name))
    return patch


def _field(name: str, before: Any, after: Any, live: Any, schema: Schema | None) -> Object:
    """What the patch says of a field that is there, and otherwise than wanted."""
    strategy = schema.patch_strategy if schema is not None else ()
    if isinstance(after, dict) and isinstance(live, dict) and _REPLACE not in strategy:
        made = _map(before, after, live, schema, retaining=_RETAIN_KEYS in strategy)
        return {name: made} if made else {}
    if isinstance(after, list) and isinstance(live, list) and schema is not None and _MERGE in strategy:
        before = before if isinstance(before, list) else []
        if schema.merge_key:
            return _keyed(name, before, after, live, schema, schema.merge_key)
        return _values(name, before, after, live)
    return {name: after}


def _map(before: Any, after: Object, live: Object, schema: Schema | None, *, retaining: bool) -> Object:
    """`retaining`: of the map's fields one way of many is taken, and nothing of another way may stay."""
    made = create_strategic(before if isinstance(before, dict) else {}, after, live, schema)
    if retaining and (made or live.keys() - after.keys()):
        made[f"${_RETAIN_KEYS}"] = sorted(after)
    return made


def _values(name: str, before: list[Any], after: list[Any], live: list[Any]) -> Object:
    """A list whose items are told apart by what they are."""
    new = [item for item in after if not _among(item, live)]
    gone = [item for item in before if not _among(item, after) and _among(item, live)]
    patch: Object = {}
    if new:
        patch[name] = new
    if gone:
        patch[f"$deleteFromPrimitiveList/{name}"] = gone
    if after and (patch or [item for item in live if _among(item, after)] != after):
        patch[f"$setElementOrder/{name}"] = after
    return patch


def _keyed(name: str, before: list[Any], after: list[Any], live: list[Any], schema: Schema, key: str) -> Object:
    """A list whose items are told apart by a field."""
    old, there = ({item.get(key): item for item in items} for items in (before, live))
    keys = [item.get(key) for item in after]
    items = [_item(old, item, there, schema, key) for item in after]
    changed = [item for item in items if len(item) > 1]
    changed += [{key: value, "$patch": "delete"} for value in old if value not in keys and value in there]
    patch: Object = {name: changed} if changed else {}
    if keys and (patch or [value for value in there if value in keys] != keys):
        patch[f"$setElementOrder/{name}"] = [{key: value} for value in keys]
    return patch


def _item(old: dict[Any, Object], after: Object, there: dict[Any, Object], schema: Schema, key: str) -> Object:
    """What the patch says of an item: its key alone when nothing is to be done."""
    value = after.get(key)
    if value not in there:
        return after
    retaining = _RETAIN_KEYS in schema.patch_strategy
    return {key: value, **_map(old.get(value), after, there[value], schema.items, retaining=retaining)}


def _child(schema: Schema | None, name: str) -> Schema | None:
    return None if schema is None else schema.property(name) or schema.additional


def _among(value: Any, values: list[Any]) -> bool:
    return any(same(value, other) for other in values)
