"""Reading a document as a built-in kind, as Go's JSON decoder does, and what is left of it when it is written again.

Unknown fields and nulls go; times and quantities come out in their canonical form; what is empty and may be left out is
left out. A value of the wrong type is `Malformed`, with Go's message.
"""

from collections.abc import Callable
from typing import Any

from sluice.apiserver.validation import goerrors
from sluice.apiserver.validation.builtin import scalars, shapes
from sluice.apiserver.validation.malformed import Malformed
from sluice.schema import Schema

Report = Callable[[str], None]


class _Place:
    """Where we are; the words for it are only made when something is wrong here."""

    __slots__ = ("name", "parent", "schema")

    def __init__(self, parent: "_Place | None", name: str, schema: Schema) -> None:
        self.parent = parent
        self.name = name
        """The field's name; in brackets the index of an item, empty for a value of a map."""
        self.schema = schema

    @property
    def exact(self) -> str:
        """The path with indexes, as unknown fields are reported."""
        if self.parent is None:
            return ""
        head = self.parent.exact
        return f"{head}{self.name}" if self.name.startswith("[") or not head or not self.name else f"{head}.{self.name}"

    def wrong(self, value: Any, wanted: str = "") -> Malformed:
        """The error for a value of another type than this place's."""
        field = self
        while field._is_item() and field.parent is not None:
            field = field.parent
        owner = field.parent.schema.name.rpartition(".")[2] if field.parent else ""
        return goerrors.cannot(value, owner, field._fields(), wanted or self.type)

    @property
    def type(self) -> str:
        """The Go type."""
        if self.parent is None:
            return goerrors.type_of(self.schema)
        if self._is_item():
            listed = self.parent.type
            return listed[2:] if listed.startswith("[]") and self.name else goerrors.type_of(self.schema)
        return shapes.of(self.parent.schema.name).types.get(self.name) or goerrors.type_of(self.schema)

    def _is_item(self) -> bool:
        return not self.name or self.name.startswith("[")

    def _fields(self) -> str:
        """The path of fields without indexes, as the decoder names it."""
        if self.parent is None:
            return ""
        head = self.parent._fields()
        return head if self._is_item() else f"{head}.{self.name}" if head else self.name


def decode(value: dict[str, Any], schema: Schema, *, report: Report = lambda path: None) -> dict[str, Any]:
    """The document as its kind holds it; `report` hears of every unknown field. Raises `Malformed` without prefix."""
    return _struct(value, schema, _Place(None, "", schema), report)


def _value(value: Any, schema: Schema, place: _Place, report: Report) -> Any:
    match scalars.shape(schema):
        case "free":
            return value
        case "scalar":
            return scalars.read(value, schema, place)
        case "list":
            return _list(value, schema, place, report)
        case "struct" if isinstance(value, dict):
            return _struct(value, schema, place, report)
        case "map" if isinstance(value, dict):
            return _map(value, schema, place, report)
    raise place.wrong(value)


def _struct(value: dict[str, Any], schema: Schema, place: _Place, report: Report) -> dict[str, Any]:
    pointers = shapes.of(schema.name).pointers
    properties = schema.properties
    kept: dict[str, Any] = {}
    for name, item in value.items():
        below = properties.get(name)
        if below is None:
            report(f"{place.exact}.{name}" if place.parent else name)
            continue
        if item is None:
            continue
        read = _value(item, below, _Place(place, name, below), report)
        if name in pointers or read or not _may_be_left_out(read, below):
            kept[name] = read
    return kept


def _list(value: Any, schema: Schema, place: _Place, report: Report) -> list[Any]:
    items = schema.items
    if not isinstance(value, list):
        raise place.wrong(value)
    if items is None:
        return value
    return [_item(item, items, _Place(place, f"[{index}]", items), report) for index, item in enumerate(value)]


def _map(value: dict[str, Any], schema: Schema, place: _Place, report: Report) -> dict[str, Any]:
    below = schema.additional
    if below is None:
        return value
    return {key: _item(item, below, _Place(place, "", below), report) for key, item in value.items()}


def _item(value: Any, schema: Schema, place: _Place, report: Report) -> Any:
    if value is not None:
        return _value(value, schema, place, report)
    return scalars.zero(schema)


def _may_be_left_out(value: Any, schema: Schema) -> bool:
    """What Go leaves out when it is empty: not structs, and not types that write themselves."""
    shape = scalars.shape(schema)
    return shape in ("list", "map") or (shape == "scalar" and not scalars.writes_itself(schema))
