"""Typed fields out of untyped YAML, strict or lenient, with what Go's JSON decoder says when they do not fit."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from sluice.yamlio import text_of


class Scalar(Enum):
    """A type without parts, by its Go name."""

    STRING = "string"
    BOOL = "bool"
    INT = "int64"
    ANY = "interface {}"


STRING, BOOL, INT, ANY = Scalar.STRING, Scalar.BOOL, Scalar.INT, Scalar.ANY


class ListOf(NamedTuple):
    """A list of one type."""

    item: "Type"


class MapOf(NamedTuple):
    """A mapping from strings to one type."""

    value: "Type"


class Fields:
    """A mapping with known fields; names are matched without regard to case, as Go does."""

    def __init__(self, name: str, /, **fields: "Type") -> None:
        self.name = name
        self.fields = fields
        self.by_lower = {field.lower(): field for field in fields}


Type = Scalar | ListOf | MapOf | Fields


Path = tuple["str | int | Key", ...]
"""Names of fields, positions in lists and keys of mappings; Go's messages have only the first."""


class Key(str):
    """A key of a mapping, as opposed to the name of a field."""


class Mismatch(ValueError):
    """A field that is unknown or of the wrong type; `path` leads to it.

    `str()` is what Go says of it, `reason` and `advice` are for people.
    """

    def __init__(self, message: str, path: Path, reason: str, advice: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.reason = reason
        self.advice = advice

    @property
    def field(self) -> str:
        """Return the path as one reads it: `images[0].newTag`."""
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return shown.removeprefix(".")


def decode(value: Any, wanted: Type, *, lenient: bool = False) -> Any:
    """Return `value` as `wanted` has it, without fields that are null.

    Lenient leaves unknown fields out and turns numbers and booleans into strings where strings are wanted; otherwise
    Mismatch.
    """
    return _Decoder(lenient).value(value, wanted, (), wanted.name if isinstance(wanted, Fields) else "")


class _Decoder:
    def __init__(self, lenient: bool) -> None:
        self._lenient = lenient

    def value(self, value: Any, wanted: Type, path: Path, owner: str) -> Any:
        if wanted is ANY:
            return value
        if isinstance(wanted, Fields) and isinstance(value, dict):
            return self._fields(value, wanted, path)
        if isinstance(wanted, ListOf) and isinstance(value, list):
            items = (self.value(item, wanted.item, (*path, at), owner) for at, item in enumerate(value))
            return [_empty(wanted.item) if item is None else item for item in items]
        if isinstance(wanted, MapOf) and isinstance(value, dict):
            return {
                key: self.value(_empty(wanted.value) if item is None else item, wanted.value, (*path, Key(key)), owner)
                for key, item in value.items()
            }
        if isinstance(wanted, Scalar):
            return self._scalar(value, wanted, path, owner)
        if value is None:
            return None
        raise _mismatch(value, wanted, path, owner)

    def _fields(self, value: Mapping[str, Any], wanted: Fields, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in value.items():
            name = wanted.by_lower.get(key.lower())
            if name is None:
                if self._lenient:
                    continue
                from sluice.kustomize import advising

                advice = advising.meant(key, wanted.fields)
                raise Mismatch(f'json: unknown field "{key}"', (*path, key), "unknown field", advice)
            if item is not None:
                found[name] = self.value(item, wanted.fields[name], (*path, name), wanted.name)
        return found

    def _scalar(self, value: Any, wanted: Scalar, path: Path, owner: str) -> Any:
        if value is None:
            return None
        if wanted is STRING and self._lenient and isinstance(value, bool | int | float):
            return text_of(value)
        if wanted is STRING and isinstance(value, str):
            return value
        if wanted is BOOL and isinstance(value, bool):
            return value
        if wanted is INT and isinstance(value, int) and not isinstance(value, bool):
            return value
        raise _mismatch(value, wanted, path, owner)


def _empty(wanted: Type) -> Any:
    """Return what Go leaves where a null stands in a list or map."""
    if isinstance(wanted, Scalar):
        return {STRING: "", BOOL: False, INT: 0, ANY: None}[wanted]
    return [] if isinstance(wanted, ListOf) else {}


def _mismatch(value: Any, wanted: Type, path: Path, owner: str) -> Mismatch:
    if isinstance(value, bool):
        found = "bool"
    elif isinstance(value, str):
        found = "string"
    elif isinstance(value, int | float):
        found = "number"
    else:
        found = "array" if isinstance(value, list) else "object"
    dotted = ".".join(str(part) for part in path if type(part) is str)
    place = f"Go struct field {owner}.{dotted}" if dotted else "Go value"
    from sluice.kustomize import advising

    return Mismatch(
        f"json: cannot unmarshal {found} into {place} of type {_go_type(wanted)}",
        path,
        f"is {advising.SHAPES[found]}, where {_shape(wanted)} is wanted",
        advising.wrong_type(value, _shape(wanted), path[-1] if path else ""),
    )


def _shape(wanted: Type) -> str:
    if isinstance(wanted, Scalar):
        return {STRING: "a string", BOOL: "true or false", INT: "a whole number", ANY: "anything"}[wanted]
    return "a list" if isinstance(wanted, ListOf) else "a mapping"


def _go_type(wanted: Type) -> str:
    if isinstance(wanted, Scalar):
        return wanted.value
    if isinstance(wanted, ListOf):
        return "[]" + _go_type(wanted.item)
    if isinstance(wanted, MapOf):
        return "map[string]" + _go_type(wanted.value)
    return "types." + wanted.name
