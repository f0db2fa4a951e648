"""What a column is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.apiserver.entries import Object
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
