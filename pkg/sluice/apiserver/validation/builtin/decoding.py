"""Reading a document as a built-in kind, as Go's JSON decoder does, and what is left of it when it is written again.

Unknown fields and nulls go; times and quantities come out in their canonical form; what is empty and may be left out is
left out. A value of the wrong type is `Malformed`, with Go's message.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sluice.apiserver.validation.builtin import goerrors, scalars, shapes
from sluice.schema import Schema

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where we are, in the decoder's words: the struct, the path of fields without indexes, the Go type."""

    struct: str
    fields: str
    exact: str
    """The path with indexes, as unknown fields are reported."""
    type: str
    definition: str = ""

    def field(self, name: str, schema: Schema) -> "_Place":
        owner = self.definition.rpartition(".")[2]
        return _Place(
            struct=owner,
            fields=f"{self.fields}.{name}" if self.fields else name,
            exact=f"{self.exact}.{name}" if self.exact else name,
            type=shapes.of(self.definition).types.get(name) or goerrors.type_of(schema),
            definition=schema.name,
        )

    def inside(self, suffix: str, schema: Schema) -> "_Place":
        listed = self.type.removeprefix("[]") if suffix != "" and self.type.startswith("[]") else ""
        return _Place(
            struct=self.struct,
            fields=self.fields,
            exact=self.exact + suffix,
            type=listed or goerrors.type_of(schema),
            definition=schema.name,
        )


def decode(value: dict[str, Any], schema: Schema, *, report: Report = lambda path: None) -> dict[str, Any]:
    """The document as its kind holds it; `report` hears of every unknown field. Raises `Malformed` without prefix."""
    root = _Place(struct="", fields="", exact="", type="", definition=schema.name)
    return _struct(value, schema, root, report)


def _value(value: Any, schema: Schema, place: _Place, report: Report) -> Any:
    if scalars.is_free(schema):
        return value
    if scalars.is_scalar(schema):
        return scalars.read(
            value, schema, lambda what: goerrors.cannot(value, place.struct, place.fields, what), place.type
        )
    if schema.type == "array":
        return _list(value, schema, place, report)
    if not isinstance(value, dict):
        raise goerrors.cannot(value, place.struct, place.fields, place.type)
    if schema.properties:
        return _struct(value, schema, place, report)
    return _map(value, schema, place, report)


def _struct(value: dict[str, Any], schema: Schema, place: _Place, report: Report) -> dict[str, Any]:
    pointers = shapes.of(schema.name).pointers
    kept: dict[str, Any] = {}
    for name, item in value.items():
        below = schema.property(name)
        if below is None:
            report(f"{place.exact}.{name}" if place.exact else name)
            continue
        if item is None:
            continue
        read = _value(item, below, place.field(name, below), report)
        if name in pointers or not _is_empty(read, below):
            kept[name] = read
    return kept


def _list(value: Any, schema: Schema, place: _Place, report: Report) -> list[Any]:
    items = schema.items
    if not isinstance(value, list):
        raise goerrors.cannot(value, place.struct, place.fields, place.type)
    if items is None:
        return value
    return [_item(item, items, place.inside(f"[{index}]", items), report) for index, item in enumerate(value)]


def _map(value: dict[str, Any], schema: Schema, place: _Place, report: Report) -> dict[str, Any]:
    below = schema.additional
    if below is None:
        return value
    return {key: _item(item, below, place.inside("", below), report) for key, item in value.items()}


def _item(value: Any, schema: Schema, place: _Place, report: Report) -> Any:
    if value is not None:
        return _value(value, schema, place, report)
    return scalars.zero(schema)


def _is_empty(value: Any, schema: Schema) -> bool:
    """What Go leaves out: structs are never empty, and neither are types that write themselves."""
    if isinstance(value, dict):
        return not value and not schema.properties and not scalars.is_free(schema)
    if isinstance(value, list):
        return not value
    return value in ("", 0, False) and not scalars.is_free(schema) and not scalars.writes_itself(schema)
