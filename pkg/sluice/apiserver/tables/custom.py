"""The columns of custom kinds, from their CRD's additionalPrinterColumns."""

from datetime import datetime
from typing import Any

from sluice.apiserver.kinds import KindInfo, PrinterColumn
from sluice.apiserver.selecting import jsonpath
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import ages, cells

_CREATED = PrinterColumn(
    name="Age",
    type="date",
    json_path=".metadata.creationTimestamp",
    description="CreationTimestamp is a timestamp representing the server time when this object was created.",
)
PLAIN = (cells.NAME, cells.CREATED_AT)
"""The columns of built-in kinds nobody described."""


def columns(kind: KindInfo) -> tuple[cells.Column, ...]:
    """Name, and what the CRD declares; Age when it declares nothing."""
    return (cells.NAME, *(_column(declared) for declared in kind.columns or (_CREATED,)))


def _column(declared: PrinterColumn) -> cells.Column:
    find = jsonpath.compile_path(declared.json_path)

    def cell(obj: Object, now: datetime) -> Any:
        found = find(obj)
        return _shown(declared.type, found[0], found, now) if found else None

    return cells.Column(
        name=declared.name,
        cell=cell,
        type=declared.type,
        format=declared.format,
        description=declared.description
        or f"Custom resource definition column (in JSONPath format): {declared.json_path}",
        priority=declared.priority,
    )


def _shown(kind: str, first: Any, found: list[Any], now: datetime) -> Any:
    """A value as its column's type shows it; None (a blank cell) when it is of another type."""
    match kind:
        case "integer":
            return first if isinstance(first, int) and not isinstance(first, bool) else None
        case "number":
            return first if isinstance(first, int | float) and not isinstance(first, bool) else None
        case "boolean":
            return first if isinstance(first, bool) else None
        case "date":
            return ages.since(first, now) if first else None
        case _:
            return ",".join(_text(one) for one in found)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return _go(value)
    return str(value)


def _go(value: Any) -> str:
    """As Go prints maps and slices."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_go(inner)}' for key, inner in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    return _text(value)
