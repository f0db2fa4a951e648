"""Reading an object's status without minding what is absent or malformed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

_TEXTS: Final = ("type", "status", "reason", "message")


def is_number(value: object) -> TypeGuard[int]:
    """Whether this is an integer as JSON has them."""
    return isinstance(value, int) and not isinstance(value, bool)


def number(holder: Mapping[str, Any], key: str, default: int = 0) -> int:
    """An integer field; the default when it is absent or of another type."""
    value = holder.get(key)
    return value if is_number(value) else default


def malformed(obj: Mapping[str, Any]) -> str:
    """Which part of the status that rules rely on has another form than the API conventions give it; "" for none."""
    status = obj.get("status")
    if status is not None and not isinstance(status, Mapping):
        return "status"
    observed, found = part(obj, "status").get("observedGeneration"), part(obj, "status").get("conditions")
    if observed is not None and not is_number(observed):
        return "observedGeneration"
    good = found is None or (isinstance(found, list) and all(map(_is_condition, found)))
    return "" if good else "conditions"


def _is_condition(one: object) -> bool:
    return isinstance(one, Mapping) and all(isinstance(one.get(key), str | None) for key in _TEXTS)


def part(obj: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A mapping field such as `spec` or `status`; empty when it is absent."""
    value = obj.get(key)
    return value if isinstance(value, Mapping) else {}


def conditions(obj: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The conditions of the object's status."""
    found = part(obj, "status").get("conditions")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def condition(obj: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The condition of one type."""
    return next((one for one in conditions(obj) if one.get("type") == kind), None)


def is_true(obj: Mapping[str, Any], kind: str) -> bool:
    """Whether a condition is there and True."""
    found = condition(obj, kind)
    return found is not None and found.get("status") == "True"


def message(one: Mapping[str, Any], default: str) -> str:
    """The message of a condition."""
    return str(one.get("message") or default)
