"""What a column is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import ages

Cell = Callable[[Object, datetime], Any]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column and how its cell is read off an object at a moment; priority above 0 shows with `-o wide` alone."""

    name: str
    cell: Cell
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0

    @property
    def definition(self) -> dict[str, Any]:
        """As a Table declares it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


def at(obj: Any, *path: str, default: Any = None) -> Any:
    """The value at a path of keys, or the default where something is missing."""
    for key in path:
        if not isinstance(obj, dict) or obj.get(key) is None:
            return default
        obj = obj[key]
    return obj


def text(name: str, read: Callable[[Object], Any], *, wide: bool = False, format: str = "") -> Column:  # noqa: A002
    """A column of text read off the object alone; `wide` shows it with `-o wide` only."""
    return Column(name=name, cell=lambda obj, now: read(obj), format=format, priority=int(wide))


def number(name: str, *path: str) -> Column:
    """A column of integers, 0 where the field is missing."""
    return Column(name=name, cell=lambda obj, now: at(obj, *path, default=0), type="integer")


def flag(name: str, *path: str, default: bool = False) -> Column:
    """A column of booleans."""
    return Column(name=name, cell=lambda obj, now: at(obj, *path, default=default), type="boolean")


def field(name: str, *path: str, default: str = "", wide: bool = False) -> Column:
    """A column that shows a field's text."""
    return text(name, lambda obj: at(obj, *path, default=default), wide=wide)


def since(name: str, *path: str, default: str = ages.UNKNOWN, wide: bool = False) -> Column:
    """A column that shows how long ago a time was."""

    def cell(obj: Object, now: datetime) -> str:
        found = at(obj, *path)
        return ages.since(found, now) if found else default

    return Column(name=name, cell=cell, priority=int(wide))


def name_of(obj: Object, now: datetime) -> str:
    """The object's name."""
    found: str = obj["metadata"]["name"]
    return found


def age_of(obj: Object, now: datetime) -> str:
    """How long ago the object was created."""
    return ages.since(obj["metadata"].get("creationTimestamp"), now)


NAME = Column(name="Name", cell=name_of, format="name", description="Name must be unique within a namespace.")
AGE = Column(name="Age", cell=age_of, description="CreationTimestamp is a timestamp of the object's creation.")
CREATED_AT = Column(
    name="Created At",
    cell=lambda obj, now: obj["metadata"].get("creationTimestamp"),
    type="date",
    description="CreationTimestamp is a timestamp representing the server time when this object was created.",
)
