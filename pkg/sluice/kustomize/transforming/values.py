"""One value for many fields, or for one part of the file paths in them (`ValueAddTransformer`)."""

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sluice.kustomize.definition.kustomizations import Selector
from sluice.kustomize.errors import BuildError
from sluice.kustomize.model import fieldspecs, ids
from sluice.kustomize.model.resources import ResourceMap
from sluice.kustomize.patching import selecting
from sluice.kustomize.transforming import namespaces

_NAMESPACE = "metadata/namespace"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A field, of all resources or of those that a selector selects."""

    path: str
    """Names of fields, and of list items `[name=web]`, `[=text]`, `0` or `-` for the last; what is missing is made."""
    selector: Selector | None = None
    position: int = 0
    """Where in the file path that the field holds the value goes, counted from 1; 0 is all of the field."""


def apply(resources: ResourceMap, value: str, destinations: Sequence[Destination]) -> None:
    """Write the value to every destination."""
    for destination in destinations:
        selector = destination.selector
        for resource in list(resources) if selector is None else selecting.select(resources, selector):
            if destination.path == _NAMESPACE:
                namespaces.put(resource, value)
                continue
            change = partial(_new, value=value, position=destination.position)
            try:
                _write(resource.obj, _parts(destination.path), change)
            except _Stray as stray:
                raise BuildError(f"{resource.id.title}: {stray}", field="fieldPath") from None
    resources.changed()


def _new(old: Any, value: str, position: int) -> str:
    return _inserted(ids.text(old), position - 1, value) if position > 0 else value


def _inserted(path: str, at: int, part: str) -> str:
    """Return the file path with one more part; an absolute path stays one."""
    parts = path.split("/") if path.strip("/") else [""] * path.startswith("/")
    at = min(at, len(parts))
    if parts and not parts[0] and at < len(parts):
        at += 1
    return posixpath.normpath("/".join((*parts[:at], part, *parts[at:])))


def _parts(path: str) -> list[str]:
    return [part for part in map(str.strip, fieldspecs.split(path)) if part]


class _Stray(Exception):
    """The path leads where no such field can be."""


def _write(node: Any, path: Sequence[str], change: Callable[[Any], str]) -> Any:
    """Follow the path, make what is missing of it, and return what is to stand in the node's place."""
    if not path:
        if isinstance(node, dict | list):
            raise _Stray("the value cannot take the place of a mapping or list")
        return change(node)
    if node is None:
        return None
    if _is_item(path[0]):
        if not isinstance(node, list):
            raise _Stray(f'"{path[0]}" is for the items of a list, and here is none')
        at = _item(node, path[0])
        if at < len(node):
            node[at] = _write(node[at], path[1:], change)
        return node
    if not isinstance(node, dict):
        raise _Stray(f'"{path[0]}" is a field, and what is here has none')
    if path[0] not in node:
        node[path[0]] = _empty(path[1:])
    node[path[0]] = _write(node[path[0]], path[1:], change)
    return node


def _is_item(part: str) -> bool:
    return part == "-" or part.isdigit() or _is_condition(part)


def _is_condition(part: str) -> bool:
    return part.startswith("[") and part.endswith("]")


def _empty(rest: Sequence[str]) -> Any:
    """Return what is made of a missing field, by what comes after it."""
    if not rest:
        return ""
    return [] if _is_item(rest[0]) else {}


def _item(items: list[Any], part: str) -> int:
    """Return which item is meant; one that a condition asks for is made."""
    if part == "-":
        return max(len(items) - 1, 0)
    if part.isdigit():
        return int(part)
    name, equals, wanted = part[1:-1].partition("=")
    if not equals:
        raise _Stray(f'"{part}" has no "="')
    for at, item in enumerate(items):
        held = item.get(name) if name and isinstance(item, dict) else item
        if held is not None and not isinstance(held, dict | list) and ids.text(held) == wanted:
            return at
    items.append({name: wanted} if name else wanted)
    return len(items) - 1
