"""The field paths of replacements: `spec.containers.[name=web].image`, and the two ways in which kustomize walks them.

A source is looked up: a list item by an equal value or its position, `-` for the last one. Targets are matched: list
items by a regular expression that may match any part of the value, `*` for all, and what is missing may be created.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sluice import regexes, yamlio
from sluice.kustomize.transforming import nodes
from sluice.kustomize.transforming.nodes import Shape
from sluice.yamlio import styled

_LONGEST = 250
"""Steps a path may have: no object is nested deeper, and creating what is missing must end somewhere."""
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)

Path = tuple[str, ...]


class Astray(Exception):
    """A path leads where it cannot be followed."""


class Cell(NamedTuple):
    """A place in a mapping or list that holds a value."""

    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        """Return what is there now."""
        return self.holder[self.key]

    def put(self, value: Any) -> None:
        """Put something else there."""
        self.holder[self.key] = value


@lru_cache(maxsize=1024)
def split(path: str) -> Path:
    """Split a path at its dots; those after a backslash and in brackets belong to a step.

    A step in brackets with an `=` selects list items and keeps them; any other is a key and loses them.
    """
    steps: list[str] = []
    pending = _unescaped(path)
    while pending:
        step = pending.pop(0)
        if step.startswith("[") and not step.endswith("]"):
            while pending:
                step += "." + pending.pop(0)
                if step.endswith("]"):
                    break
            if "=" not in step:
                step = step.strip("[]")
        steps.append(step)
    _check_length(steps)
    return tuple(steps)


def _check_length(steps: Sequence[str]) -> None:
    if len(steps) > _LONGEST:
        raise Astray(f"the path has more than {_LONGEST} steps")


def _unescaped(path: str) -> list[str]:
    first, *rest = path.split(".")
    if rest and not first:
        first, *rest = rest
    parts = [first]
    for part in rest:
        if parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1] + "." + part
        else:
            parts.append(part)
    return parts


def lookup(root: Cell, path: Path, make: Shape | None = None) -> Cell | None:
    """Return where the path leads, None when it ends before; Astray when it cannot be followed.

    Fields that are missing, and list items that an equal value selects, are created, at the end a `make`, unless that
    is None.
    """
    steps = tuple(filter(None, map(str.strip, path)))
    _check_length(steps)
    at: Cell | None = root
    for index in range(len(steps)):
        if at is None:
            return None
        at = _looked_up(at, steps[index:], make)
    return at


def _looked_up(at: Cell, path: Path, make: Shape | None) -> Cell | None:
    step = path[0]
    if _NUMBER.fullmatch(step):
        if int(step) < 0:
            raise Astray(f"array index {int(step)} cannot be negative")
        items = _items(at.value)
        return Cell(items, int(step)) if int(step) < len(items) else None
    if step == "-":
        items = _items(at.value)
        return Cell(items, len(items) - 1) if items else None
    if step == "*":
        raise Astray("wildcard is not supported in PathGetter")
    if _selects(step):
        return _equal_item(at, *_selection(step), create=make is not None)
    found = _field(at, step)
    if found is None and make is not None and isinstance(at.value, dict):
        at.value[step] = nodes.empty(_shape_before(path, make))
        return Cell(at.value, step)
    return found


def _equal_item(at: Cell, name: str, wanted: str, *, create: bool) -> Cell | None:
    items = _items(at.value)
    for index, item in enumerate(items):
        if not name:
            if nodes.text(item) == wanted:
                return Cell(items, index)
        elif isinstance(item, dict) and name in item and nodes.text(item[name]) == wanted:
            return Cell(items, index)
    if not create:
        return None
    items.append({name: nodes.Untyped(wanted)} if name else nodes.Untyped(wanted))
    return Cell(items, len(items) - 1)


def match(at: Cell, path: Path, make: Shape | None = None) -> list[Cell]:
    """Return all that the path leads to; what is missing is created, at the end a `make`, unless that is None."""
    if not path:
        return [at]
    step = path[0]
    if _NUMBER.fullmatch(step) and int(step) >= 0:
        return _match_position(at, int(step), path, make)
    if _selects(step):
        return _match_items(at, path, make)
    if step == "*":
        items = _items(at.value)
        return [found for index in range(len(items)) for found in match(Cell(items, index), path[1:], make)]
    return _match_field(at, path, make)


def _match_field(at: Cell, path: Path, make: Shape | None) -> list[Cell]:
    found = _field(at, path[0])
    if found is None:
        if make is None:
            return []
        # In a null nothing can be kept: kustomize goes on in a mapping that is part of nothing.
        holder = at.value if isinstance(at.value, dict) else {}
        holder[path[0]] = nodes.empty(_shape_before(path, make))
        found = Cell(holder, path[0])
    if len(path) > 1 and nodes.shape(found.value) is Shape.SCALAR:
        return match(inner(found.value), path[1:], make)
    return match(found, path[1:], make)


def inner(scalar: Any) -> Cell:
    """Return the document that a text holds; what is changed there is not written back."""
    try:
        return Cell([styled.read(nodes.text(scalar))], 0)
    except yamlio.YAMLError as error:
        raise Astray(str(error)) from None


def _match_position(at: Cell, index: int, path: Path, make: Shape | None) -> list[Cell]:
    items = _items(at.value)
    if make is not None and index == len(items):
        items.append(nodes.empty(_shape_before(path, make)))
    if index >= len(items):
        raise Astray(f"index {index} specified but only {len(items)} elements found")
    return match(Cell(items, index), path[1:], make)


def _match_items(at: Cell, path: Path, make: Shape | None) -> list[Cell]:
    name, pattern = _selection(path[0])
    try:
        expression = regexes.searching(pattern)
    except regexes.InvalidPattern as error:
        raise Astray(f"error parsing regexp: {error}: `{pattern}`") from None
    items = _items(at.value)
    found = _matching(items, name, expression, path, make)
    if found or make is None:
        return found
    items.append({name: nodes.Untyped(pattern)} if name else nodes.Untyped(pattern))
    found = _matching(items, name, expression, path, make)
    if not found:
        raise Astray(f"an element made for {path[0]!r} would not be selected by it")
    return found


def _matching(items: list[Any], name: str, expression: regexes.Search, path: Path, make: Shape | None) -> list[Cell]:
    found: list[Cell] = []
    for index, item in enumerate(items):
        if not name:
            if expression(nodes.written(item)):
                # What follows such a step in the path is not looked at.
                found.append(Cell(items, index))
        elif isinstance(item, dict) and name in item and expression(nodes.written(item[name])):
            found += match(Cell(items, index), path[1:], make)
    return found


def _shape_before(path: Path, make: Shape) -> Shape:
    """Return the shape that the next step of the path wants."""
    following = path[1] if len(path) > 1 else ""
    if _selects(following) or (_NUMBER.fullmatch(following) and int(following) >= 0):
        return Shape.SEQUENCE
    return Shape.MAPPING if following else make


def _field(at: Cell, name: str) -> Cell | None:
    """Return the place of a field, None when there is none."""
    value = at.value
    if value is None:
        return None
    if not name:
        _expect(value, Shape.SCALAR)
        return at if nodes.text(value) == "" else None
    _expect(value, Shape.MAPPING)
    return Cell(value, name) if name in value else None


def _items(value: Any) -> list[Any]:
    """Return the items of a list; a null has none, and keeps none."""
    if value is None:
        return []
    _expect(value, Shape.SEQUENCE)
    items: list[Any] = value
    return items


def _expect(value: Any, wanted: Shape) -> None:
    found = nodes.shape(value)
    if found is not wanted:
        raise Astray(f"wrong node kind: expected {wanted.value} but got {found.value}")


def _selects(step: str) -> bool:
    return step.startswith("[") and step.endswith("]")


def _selection(step: str) -> tuple[str, str]:
    name, equals, value = step.removesuffix("]").removeprefix("[").partition("=")
    if not equals:
        raise Astray("list path element must contain fieldName=fieldValue for element to match")
    return name, value
