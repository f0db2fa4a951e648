"""Field errors, in the words of `k8s.io/apimachinery/pkg/util/validation/field`."""

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final


class Omitted(enum.Enum):
    """The type of `OMITTED`: an error that shows no value, where None would be shown as null."""

    OMITTED = "omitted"


OMITTED: Final = Omitted.OMITTED


class InOrder(dict[str, Any]):
    """A value shown as Go shows one of its own structs: fields in the order they were declared."""


_HEADLINES: Final = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueNotFound": "Not found",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "InternalError": "Internal error",
}

_VALUELESS: Final = frozenset({"FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "InternalError"})


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One thing wrong with one field."""

    type: str
    """The machine-readable reason of the Status cause, such as `FieldValueInvalid`."""
    path: str
    """Such as `spec.ports[0].name`; empty for the object as a whole."""
    value: Any = OMITTED
    detail: str = ""

    @property
    def field(self) -> str:
        """The path as messages show it."""
        return self.path or "<nil>"

    @property
    def body(self) -> str:
        """What is wrong, without where."""
        text = _HEADLINES[self.type]
        if self.type not in _VALUELESS and self.value is not OMITTED:
            text += f": {shown(self.value)}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


class Invalid(ValueError):
    """An object that must not be stored; `errors` in the order the real server reports them."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__(aggregate(self.errors))


def aggregate(errors: Iterable[FieldError]) -> str:
    """All messages in one text."""
    return joined(str(error) for error in errors)


def joined(texts: Iterable[str]) -> str:
    """The texts of several errors as one: alone as it is, several in brackets, repetitions once."""
    messages = list(dict.fromkeys(texts))
    return messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"


def required(path: str, detail: str = "") -> FieldError:
    """The field must be there, or must not be empty."""
    return FieldError(type="FieldValueRequired", path=path, detail=detail)


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value is malformed or out of bounds."""
    return FieldError(type="FieldValueInvalid", path=path, value=value, detail=detail)


def type_invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value is of another type than the schema's."""
    return FieldError(type="FieldValueTypeInvalid", path=path, value=value, detail=detail)


def not_supported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is none of an enumeration's; the real server mostly lists those sorted."""
    names = ", ".join(quoted(name) for name in supported)
    detail = f"supported values: {names}" if names else ""
    return FieldError(type="FieldValueNotSupported", path=path, value=value, detail=detail)


def duplicate(path: str, value: Any) -> FieldError:
    """The value must be unique and is not."""
    return FieldError(type="FieldValueDuplicate", path=path, value=value)


def not_found(path: str, value: Any) -> FieldError:
    """The value refers to nothing."""
    return FieldError(type="FieldValueNotFound", path=path, value=value)


def forbidden(path: str, detail: str) -> FieldError:
    """The field must not be set, or not changed, here."""
    return FieldError(type="FieldValueForbidden", path=path, detail=detail)


def too_long(path: str, limit: int, unit: str = "byte") -> FieldError:
    """More bytes (or characters) than allowed."""
    return FieldError(type="FieldValueTooLong", path=path, detail=f"may not be more than {_count(limit, unit)}")


def too_many(path: str, actual: int, limit: int) -> FieldError:
    """More items than allowed."""
    detail = f"must have at most {_count(limit, 'item')}"
    return FieldError(type="FieldValueTooMany", path=path, value=actual, detail=detail)


def child(path: str, *names: str) -> str:
    """The path of a field below."""
    return ".".join(part for part in (path, *names) if part)


def shown(value: Any) -> str:
    """A value as Go's errors show it: quoted text, plain numbers, JSON for the rest."""
    if isinstance(value, str):
        return quoted(value)
    return compact(value)


def quoted(text: str) -> str:
    """Text as Go's `%q` writes it."""
    plain = json.dumps(text, ensure_ascii=False)
    return plain.replace("\x7f", "\\x7f")


def compact(value: Any) -> str:
    """JSON as Go's encoder writes it: no spaces, keys sorted, and nothing that HTML would read as markup."""
    ordered = isinstance(value, InOrder)
    text = json.dumps(value, sort_keys=not ordered, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
