"""Strategic merge as kustomize does it, which is not quite as the API server does.

Differences that matter: new list items go to the front, `$patch` is understood at any depth, lists merge only where
kustomize's built-in schema says so (custom resources: nowhere), `$setElementOrder`, `$retainKeys` and
`$deleteFromPrimitiveList` mean nothing.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.kustomize.errors import InvalidPatch
from sluice.kustomize.model import facts, ids
from sluice.kustomize.patching import keyedlists

_DIRECTIVE = "$patch"
_ABSENT: Any = object()
_CLEAR: Any = object()


@dataclass(frozen=True, slots=True)
class _Schema:
    """What is known of a place: the type of a mapping, or how a list merges and the type of its items."""

    type: str = ""
    keys: tuple[str, ...] | None = None
    items: str = ""
    values: str = ""

    def field(self, name: str) -> "_Schema":
        entry = facts.merge_types().get(self.type, {}).get(name)
        if entry is None:
            return _Schema(type=self.values) if self.values else _UNKNOWN
        keys = entry.get("keys")
        return _Schema(
            type=entry.get("type", ""),
            keys=None if keys is None else tuple(keys),
            items=entry.get("items", ""),
            values=entry.get("values", ""),
        )


_UNKNOWN = _Schema()


def merge(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any] | None:
    """Change `target` by `patch` and return it, or None when the patch deletes it. `patch` stays as it is."""
    result = _merge(target, copy.deepcopy(patch), _UNKNOWN)
    return result if isinstance(result, dict) else None


def _merge(target: Any, patch: Any, schema: _Schema) -> Any:
    """Merge two values, either of which may be absent; _CLEAR says that nothing is to be left."""
    kind = _kind(target) or _kind(patch)
    for value in (target, patch):
        if _kind(value) not in ("", kind):
            raise InvalidPatch(f"wrong node kind: expected {_NODES[kind]} but got {_NODES[_kind(value)]}")
    if kind == "list":
        return _merge_list(target, patch, schema)
    if kind == "scalar":
        return target if patch is _ABSENT else _CLEAR if patch is None else patch
    if kind == "":
        # An explicit null stays while nobody speaks of it.
        return target if patch is _ABSENT else _CLEAR
    return _merge_mapping(target, patch, schema)


def _merge_mapping(target: Any, patch: Any, schema: _Schema) -> Any:
    if schema is _UNKNOWN or not (schema.type or schema.values):
        schema = _embedded(target, patch) or schema
    if patch is None:
        return _CLEAR
    directive = _take_directive(patch)
    if directive == "delete":
        return _CLEAR
    if directive == "replace" or target is None or target is _ABSENT:
        # What is new is merged with itself: that drops its nulls and obeys the directives inside.
        target = patch
    for name in sorted({*target, *(patch if isinstance(patch, dict) else ())}):
        ours = target.get(name, _ABSENT)
        theirs = patch.get(name, _ABSENT) if isinstance(patch, dict) else _ABSENT
        value = _merge(ours, theirs, schema.field(name))
        if value is _CLEAR or value is _ABSENT:
            target.pop(name, None)
        else:
            target[name] = value
    return target


def _merge_list(target: Any, patch: Any, schema: _Schema) -> Any:
    if schema.keys is None:
        return target if patch is _ABSENT else _CLEAR if patch is None else patch
    if target is None or target is _ABSENT:
        target = patch
    elif patch is None:
        return _CLEAR
    else:
        directive = _take_list_directive(patch)
        if directive == "delete":
            return _CLEAR
        if directive == "replace":
            target = patch
    return _merge_items(target, patch if isinstance(patch, list) else None, schema)


def _merge_items(target: list[Any], patch: list[Any] | None, schema: _Schema) -> Any:
    """Merge item by item; the patch's come first, in its order, then the others in theirs."""
    keys: Sequence[str] = schema.keys or ()
    sources = [source for source in (patch, target) if source is not None]
    if keys:
        found = keyedlists.values_of(sources, keys)
    else:
        keys, found = ("",), keyedlists.primitives_of(sources)
    if not found and schema.keys == ():
        return target
    if len(keys) > 1:
        keyedlists.unite(found)
    added: list[Any] = []
    item_schema = _Schema(type=schema.items)
    valid: list[str] = list(keys)
    for values in found:
        valid, valid_values = keyedlists.usable(found, values, keys)
        ours = _item(target, valid, valid_values)
        theirs = _ABSENT if patch is None else _item(patch, valid, valid_values)
        value = _merge(ours, theirs, item_schema)
        if value is _CLEAR or value is _ABSENT or value is None or value == {}:
            keyedlists.put(target, None, valid, valid_values)
            continue
        if isinstance(value, dict):
            for key, text in zip(valid, valid_values, strict=False):
                if text and key not in value:
                    value[key] = text
        keyedlists.put(added, value, valid, valid_values)
    return keyedlists.join(added, target, valid) if found else target


def _item(items: list[Any], keys: Sequence[str], values: Sequence[str]) -> Any:
    keys, values = keyedlists.usable([values], values, keys)
    found = keyedlists.find(items, keys, values)
    return _ABSENT if found is None else found


def _embedded(*values: Any) -> _Schema | None:
    """Return the schema of a whole object, wherever it stands."""
    for value in values:
        if isinstance(value, dict) and value.get("kind") and value.get("apiVersion"):
            name = facts.merge_kinds().get(f"{ids.text(value['apiVersion'])} {ids.text(value['kind'])}")
            if name is not None:
                return _Schema(type=name)
    return None


def _take_directive(patch: Any) -> str:
    """Return the `$patch` of a mapping, and remove it from there."""
    if not isinstance(patch, dict) or _DIRECTIVE not in patch:
        return "merge"
    return _known(patch.pop(_DIRECTIVE))


def _take_list_directive(patch: Any) -> str:
    """Return what a list item that holds nothing but `$patch` says about the list, and remove the item."""
    if not isinstance(patch, list):
        return "merge"
    for item in patch:
        if isinstance(item, Mapping) and item.get(_DIRECTIVE) is not None:
            if len(item) > 1:
                return "merge"
            directive = _known(item[_DIRECTIVE])
            patch[:] = [other for other in patch if not _says(other, directive)]
            return directive
    return "merge"


def _says(item: Any, directive: str) -> bool:
    return isinstance(item, Mapping) and item.get(_DIRECTIVE) == directive


def _known(directive: Any) -> str:
    if directive not in ("delete", "replace", "merge"):
        raise InvalidPatch(f"unknown patch strategy '{ids.text(directive)}'", field=_DIRECTIVE)
    return str(directive)


_NODES = {"mapping": "MappingNode", "list": "SequenceNode", "scalar": "ScalarNode"}


def _kind(value: Any) -> str:
    if value is None or value is _ABSENT:
        return ""
    return "mapping" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"
