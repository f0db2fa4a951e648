"""JSON Patch (RFC 6902) with the API server's leniencies and error texts.

Beyond the RFC: negative indices count from the end, and `replace` sets a field that is not there.
"""

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sluice.merge.equality import same
from sluice.merge.errors import JSONPatchError

_INDEX: Final = re.compile(r"[+-]?[0-9]+\Z")
_MOST_COPIED: Final = 3 * 1024 * 1024
"""Bytes that the copies of one patch may take together, as the API server has it."""
_MISSING: Final = "missing value"
_INVALID_INDEX: Final = "invalid index referenced"


class _Refusal(Exception):
    """Why an operation does not apply; `json_patch` says which one it was."""


def json_patch(document: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """The document after all operations, which apply in order or not at all.

    Raises JSONPatchError with the index and the path of the operation that does not apply.
    """
    result = copy.deepcopy(document)
    copied = 0
    for index, operation in enumerate(operations):
        try:
            if operation.get("op") == "copy":
                copied = _bounded(copied, result, operation.get("from"))
            result = _apply(result, operation)
        except _Refusal as exc:
            path = operation.get("path")
            raise JSONPatchError(str(exc), index=index, path=path if isinstance(path, str) else "") from None
    return result


def _bounded(copied: int, document: Any, source: Any) -> int:
    """How much has been copied after one more copy; copies of copies would double each time."""
    holder, key = _holder(document, source) if isinstance(source, str) else (None, "")
    value = holder.get(key) if isinstance(holder, dict) else holder
    copied += len(json.dumps(value))
    if copied > _MOST_COPIED:
        raise _Refusal(
            f"Unable to complete the copy, the accumulated size increase of copy is {copied}, "
            f"exceeding the limit {_MOST_COPIED}"
        )
    return copied


def _apply(document: Any, operation: Mapping[str, Any]) -> Any:
    kind = operation.get("op")
    perform = _OPERATIONS.get(kind) if isinstance(kind, str) else None
    if perform is None:
        raise _Refusal(f"Unexpected kind: {kind if isinstance(kind, str) else 'unknown'}")
    return perform(document, operation)


def _add(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _path(operation, "add operation failed to decode path: " + _MISSING)
    holder, key = _holder(document, path)
    if holder is None:
        raise _Refusal(f'add operation does not apply: doc is missing path: "{path}": {_MISSING}')
    _insert(holder, key, copy.deepcopy(operation.get("value")), f"error in add for path: '{path}'")
    return document


def _remove(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _path(operation, "remove operation failed to decode path: " + _MISSING)
    holder, key = _holder(document, path)
    if holder is None:
        raise _Refusal(f'remove operation does not apply: doc is missing path: "{path}": {_MISSING}')
    _delete(holder, key, f"error in remove for path: '{path}'")
    return document


def _replace(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _path(operation, "replace operation failed to decode path: operation missing path field: " + _MISSING)
    value = copy.deepcopy(operation.get("value"))
    if path == "":
        if not isinstance(value, dict | list):
            raise _Refusal("replace operation value must be object or array: %!w(<nil>)")
        return value
    holder, key = _holder(document, path)
    if holder is None:
        raise _Refusal(f"replace operation does not apply: doc is missing path: {path}: {_MISSING}")
    if isinstance(holder, dict):
        holder[key] = value
        return document
    try:
        holder[_index(holder, key)] = value
    except _Refusal:
        raise _Refusal(f"replace operation does not apply: doc is missing key: {path}: {_MISSING}") from None
    return document


def _move(document: Any, operation: Mapping[str, Any]) -> Any:
    source = _text(
        operation, "from", "move operation failed to decode from: operation, missing from field: " + _MISSING
    )
    holder, key = _holder(document, source)
    if holder is None:
        raise _Refusal(f"move operation does not apply: doc is missing from path: {source}: {_MISSING}")
    value = _get(holder, key, f"error in move for path: '{key}'")
    _delete(holder, key, f"error in move for path: '{key}'")
    path = _path(operation, "move operation failed to decode path: operation missing path field: " + _MISSING)
    target, name = _holder(document, path)
    if target is None:
        raise _Refusal(f"move operation does not apply: doc is missing destination path: {path}: {_MISSING}")
    _insert(target, name, value, f"error in move for path: '{path}'")
    return document


def _copy(document: Any, operation: Mapping[str, Any]) -> Any:
    source = _text(
        operation, "from", "copy operation failed to decode from: operation, missing from field: " + _MISSING
    )
    holder, key = _holder(document, source)
    if holder is None:
        raise _Refusal(f"copy operation does not apply: doc is missing from path: {source}: {_MISSING}")
    value = _get(holder, key, f"error in copy for from: '{source}'")
    path = _path(operation, "copy operation failed to decode path: " + _MISSING)
    target, name = _holder(document, path)
    if target is None:
        raise _Refusal(f"copy operation does not apply: doc is missing destination path: {path}: {_MISSING}")
    _insert(target, name, copy.deepcopy(value), "error while adding value during copy")
    return document


def _test(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _path(operation, "test operation failed to decode path: operation missing path field: " + _MISSING)
    found = document
    if path != "":
        holder, key = _holder(document, path)
        if holder is None:
            raise _Refusal(f"test operation does not apply: is missing path: {path}: {_MISSING}")
        found = _get(holder, key, f"error in test for path: '{path}'")
    if not same(found, operation.get("value")):
        raise _Refusal(f"testing value {path} failed: test failed")
    return document


_OPERATIONS: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Any]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _path(operation: Mapping[str, Any], otherwise: str) -> str:
    return _text(operation, "path", otherwise)


def _text(operation: Mapping[str, Any], name: str, otherwise: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str):
        raise _Refusal(otherwise)
    return value


def _holder(document: Any, path: str) -> tuple[Any, str]:
    """The object or list that holds the last step of a pointer, and that step; None when the way there is missing."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")]
    if len(steps) < 2:
        return None, ""
    holder = document
    for step in steps[1:-1]:
        if isinstance(holder, dict):
            holder = holder.get(step)
        elif isinstance(holder, list):
            position = _position(holder, step)
            holder = None if position is None else holder[position]
    return (holder, steps[-1]) if isinstance(holder, dict | list) else (None, "")


def _position(items: list[Any], key: str) -> int | None:
    try:
        return _index(items, key)
    except _Refusal:
        return None


def _index(items: list[Any], key: str) -> int:
    position = _number(key)
    if not -len(items) <= position < len(items):
        raise _Refusal(f"Unable to access invalid index: {position}: {_INVALID_INDEX}")
    return position % len(items)


def _number(key: str) -> int:
    if not _INDEX.match(key):
        raise _Refusal(f'strconv.Atoi: parsing "{key}": invalid syntax')
    return int(key)


def _get(holder: Any, key: str, where: str) -> Any:
    """What is under a key; a field that is not there is null, a list item that is not there is refused."""
    if isinstance(holder, dict):
        return holder.get(key)
    try:
        return holder[_index(holder, key)]
    except _Refusal as exc:
        raise _Refusal(f"{where}: {exc}") from None


def _insert(holder: Any, key: str, value: Any, where: str) -> None:
    if isinstance(holder, dict):
        holder[key] = value
        return
    if key == "-":
        holder.append(value)
        return
    if not _INDEX.match(key):
        raise _Refusal(
            f"{where}: value was not a proper array index: '{key}': strconv.Atoi: parsing \"{key}\": invalid syntax"
        )
    position = int(key)
    size = len(holder) + 1
    if not -size <= position < size:
        raise _Refusal(f"{where}: Unable to access invalid index: {position}: {_INVALID_INDEX}")
    holder.insert(position % size, value)


def _delete(holder: Any, key: str, where: str) -> None:
    try:
        if isinstance(holder, dict):
            if key not in holder:
                raise _Refusal(f"Unable to remove nonexistent key: {key}: {_MISSING}")
            del holder[key]
        else:
            del holder[_index(holder, key)]
    except _Refusal as exc:
        raise _Refusal(f"{where}: {exc}") from None
