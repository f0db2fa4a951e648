"""Strategic merge as kustomize does it, which is not quite as the API server does.

Differences that matter: new list items go to the front, `$patch` is understood at any depth, lists merge only where
the schema of the build says so (the built-in one knows no custom resources), `$setElementOrder`, `$retainKeys` and
`$deleteFromPrimitiveList` mean nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice import yamlio
from sluice.kustomize.errors import InvalidPatch
from sluice.kustomize.model import ids
from sluice.kustomize.model.openapi import Schema, Type
from sluice.kustomize.patching import keyedlists
from sluice.yamlio.scalars import resolve

_DIRECTIVE = "$patch"
_DIRECTIVES = ("delete", "replace", "merge")
_ABSENT: Any = object()
_CLEAR: Any = object()


def merge(target: dict[str, Any], patch: dict[str, Any], schema: Schema, *, source: str = "") -> dict[str, Any] | None:
    """Change `target` by `patch` and return it, or None when the patch deletes it. `patch` stays as it is.

    `source` is the text that the patch was read from, where a number may be written in another way than it is shown.
    """
    result = _Merge(schema, source).value(target, _copied(patch), None)
    # A whole object cannot be replaced: kustomize makes the new one and leaves the old one where it is.
    return target if isinstance(result, dict) else None


class _Merge:
    """One merge by one schema."""

    def __init__(self, schema: Schema, source: str) -> None:
        self._schema = schema
        self._source = source

    def value(self, target: Any, patch: Any, known: Type | None) -> Any:
        """Merge two values, either of which may be absent; _CLEAR says that nothing is to be left."""
        kind = _kind(target) or _kind(patch)
        for value in (target, patch):
            if _kind(value) not in ("", kind):
                said = f"wrong node kind: expected {_NODES[kind]} but got {_NODES[_kind(value)]}"
                raise InvalidPatch(f"a {_kind(value)} cannot be merged with a {kind}").saying(said)
        if kind == "list":
            return self._list(target, patch, known)
        if kind == "scalar":
            return target if patch is _ABSENT else _CLEAR if patch is None else patch
        if kind == "":
            # A null that is written stays while nobody speaks of it.
            return target if patch is _ABSENT else _CLEAR
        return self._mapping(target, patch, known)

    def _mapping(self, target: Any, patch: Any, known: Type | None) -> Any:
        if known is None:
            known = self._object(target) or self._object(patch)
        if patch is None:
            return _CLEAR
        is_new = target is None or target is _ABSENT
        directive = _take_directive(patch, lenient=is_new)
        if directive == "delete":
            return _CLEAR
        if directive == "replace" or is_new:
            # What is new is merged with itself: that drops its nulls and obeys the directives inside.
            target = patch
        for name in sorted({*target, *(patch if isinstance(patch, dict) else ())}):
            ours = _ours(target, name)
            theirs = patch.get(name, _ABSENT) if isinstance(patch, dict) else _ABSENT
            try:
                value = self.value(ours, theirs, known.field(name) if known is not None else None)
            except InvalidPatch as error:
                raise error.located(field=name) from error
            if value is _CLEAR or value is _ABSENT:
                target.pop(name, None)
                continue
            if isinstance(ours, str) and isinstance(value, bool | int | float) and _has_quotes(ours):
                # The quotes stay, and so the new value is a text as well.
                value = self._written(name, value)
            target[name] = value
        return target

    def _written(self, name: str, value: bool | float) -> str:
        """Return a scalar of the patch as it is written there."""
        for text in yamlio.plain_values(self._source, name):
            if resolve(text, yamlio.Dialect.KUSTOMIZE) == value:
                return text
        return yamlio.text_of(value)

    def _list(self, target: Any, patch: Any, known: Type | None) -> Any:
        if known is None or known.keys is None:
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
        return self._items(target, patch if isinstance(patch, list) else None, known.keys, known.items)

    def _items(
        self, target: list[Any], patch: list[Any] | None, merge_keys: tuple[str, ...], item_type: Type | None
    ) -> Any:
        """Merge item by item; the patch's come first, in its order, then the others in theirs."""
        keys: Sequence[str] = merge_keys
        sources = [source for source in (patch, target) if source is not None]
        if keys:
            found = keyedlists.values_of(sources, keys)
        else:
            keys, found = ("",), keyedlists.primitives_of(sources)
        if not found and not merge_keys:
            return target
        if len(keys) > 1:
            keyedlists.unite(found)
        added: list[Any] = []
        valid: list[str] = list(keys)
        for values in found:
            valid, valid_values = keyedlists.usable(found, values, keys)
            ours = _item(target, valid, valid_values)
            theirs = _ABSENT if patch is None else _item(patch, valid, valid_values)
            value = self.value(ours, theirs, item_type)
            if value is _CLEAR or value is _ABSENT or value is None or value == {}:
                keyedlists.put(target, None, valid, valid_values)
                continue
            if isinstance(value, dict):
                for key, text in zip(valid, valid_values, strict=False):
                    if text and key not in value:
                        value[key] = text
            keyedlists.put(added, value, valid, valid_values)
        return keyedlists.join(added, target, valid) if found else target

    def _object(self, value: Any) -> Type | None:
        """Return the type of a whole object, wherever it stands."""
        if isinstance(value, dict) and value.get("kind") and value.get("apiVersion"):
            return self._schema.kind(ids.text(value["apiVersion"]), ids.text(value["kind"]))
        return None


def _has_quotes(text: str) -> bool:
    """Tell whether a text cannot have been written without quotes."""
    return not isinstance(resolve(text, yamlio.Dialect.KUSTOMIZE), str)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        blank = value.blank() if isinstance(value, yamlio.Blanks) else ()
        return {key: None if key in blank else _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _ours(target: dict[str, Any], name: str) -> Any:
    """Return what is under the name; a null for which nothing is written counts as nothing."""
    if isinstance(target, yamlio.Blanks) and name in target.blank():
        return _ABSENT
    return target.get(name, _ABSENT)


def _item(items: list[Any], keys: Sequence[str], values: Sequence[str]) -> Any:
    keys, values = keyedlists.usable([values], values, keys)
    found = keyedlists.find(items, keys, values)
    return _ABSENT if found is None else found


def _take_directive(patch: Any, *, lenient: bool) -> str:
    """Return the `$patch` of a mapping, and remove it from there; lenient leaves one that means nothing."""
    if not isinstance(patch, dict) or _DIRECTIVE not in patch:
        return "merge"
    if lenient and patch[_DIRECTIVE] not in _DIRECTIVES:
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
            patch[:] = [other for other in patch if other not in (None, {}) and not _says(other, directive)]
            return directive
    return "merge"


def _says(item: Any, directive: str) -> bool:
    return isinstance(item, Mapping) and item.get(_DIRECTIVE) == directive


def _known(directive: Any) -> str:
    if directive not in _DIRECTIVES:
        raise InvalidPatch(f"unknown patch strategy '{ids.text(directive)}'", field=_DIRECTIVE)
    return str(directive)


_NODES = {"mapping": "MappingNode", "list": "SequenceNode", "scalar": "ScalarNode"}


def _kind(value: Any) -> str:
    if value is None or value is _ABSENT:
        return ""
    return "mapping" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"
