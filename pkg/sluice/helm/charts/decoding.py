"""YAML into the types that Go has for it, as `sigs.k8s.io/yaml` decodes: lenient where that is, with its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice import yamlio
from sluice.helm.errors import ChartError


@dataclass(frozen=True)
class Text:
    """A string; numbers and booleans are taken for their text."""

    go = "string"


@dataclass(frozen=True)
class Flag:
    """A boolean."""

    go = "bool"


@dataclass(frozen=True)
class Anything:
    """Whatever JSON can say."""

    go = "interface {}"


@dataclass(frozen=True)
class Listing:
    """A list of one kind of items."""

    item: Shape

    @property
    def go(self) -> str:
        """What Go calls the type."""
        return f"[]{self.item.go}"


@dataclass(frozen=True)
class Table:
    """A mapping of any keys to one kind of values."""

    value: Shape

    @property
    def go(self) -> str:
        """What Go calls the type."""
        return f"map[string]{self.value.go}"


@dataclass(frozen=True)
class Record:
    """A struct: keys that it does not know are left out, and those that it knows need not be written in its case."""

    name: str
    fields: Mapping[str, Shape]
    always: tuple[str, ...] = ()
    """Fields that are written even when they say nothing."""

    @property
    def go(self) -> str:
        """What Go calls the type."""
        return f"v2.{self.name}"


Shape = Text | Flag | Anything | Listing | Table | Record
VALUES: Final = Table(Anything())
_EMPTY: Final[tuple[Any, ...]] = (None, "", False, [], {})


def read(text: bytes, shape: Record | Table) -> dict[str, Any]:
    """The document as the shape has it, without what says nothing. Raises ChartError.

    Of keys that are there twice the last one counts; of several documents the first.
    """
    try:
        documents = yamlio.load_all(text, last_wins=True)
    except yamlio.YAMLError as error:
        raise ChartError(f"error converting YAML to JSON: {error}") from None
    found = _decoded(documents[0], shape, "") if documents else None
    return found or {}


def read_all(text: bytes) -> list[dict[str, Any]]:
    """Every document, each of which must be a mapping. Raises ChartError."""
    try:
        documents = yamlio.load_all(text, last_wins=True)
    except yamlio.YAMLError as error:
        raise ChartError(f"error converting YAML to JSON: {error}") from None
    return [_decoded(document, VALUES, "") for document in documents]


def _decoded(value: Any, shape: Shape, place: str) -> Any:
    if value is None or isinstance(shape, Anything):
        return value
    if isinstance(shape, Text) and isinstance(value, str | int | float):
        return yamlio.text_of(value)
    if isinstance(shape, Flag) and isinstance(value, bool):
        return value
    if isinstance(shape, Listing) and isinstance(value, list):
        return [_decoded(item, shape.item, place) for item in value]
    if isinstance(shape, Table) and isinstance(value, dict):
        if isinstance(shape.value, Anything):
            return value
        return {key: _decoded(item, shape.value, place) or "" for key, item in value.items()}
    if isinstance(shape, Record) and isinstance(value, dict):
        return _record(value, shape, place)
    raise _mismatch(value, shape, place)


def _record(value: Mapping[str, Any], shape: Record, place: str) -> dict[str, Any]:
    folded = {field.lower(): field for field in shape.fields}
    found: dict[str, Any] = {}
    for key, item in value.items():
        field = key if key in shape.fields else folded.get(key.lower())
        if field is not None:
            found[field] = _decoded(item, shape.fields[field], f"{place or shape.name}.{field}")
    kept = {field: item for field, item in found.items() if item not in _EMPTY}
    return {**dict.fromkeys(shape.always, ""), **kept}


def _mismatch(value: Any, shape: Shape, place: str) -> ChartError:
    kind = {bool: "bool", str: "string", list: "array", dict: "object"}.get(type(value), "number")
    into = f"struct field {place}" if place else "value"
    return ChartError(
        f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go {into} of type {shape.go}"
    )
