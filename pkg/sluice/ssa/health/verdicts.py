"""What can be said of an object's health."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Status(enum.StrEnum):
    """kstatus' verdicts, spelled as messages show them."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    NOT_FOUND = "NotFound"
    UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Health:
    """A verdict, and why."""

    status: Status
    message: str

    @property
    def done(self) -> bool:
        """Whether nothing is left to wait for, well or not."""
        return self.status in (Status.CURRENT, Status.FAILED)


def current(message: str) -> Health:
    """The object is what it was asked to be."""
    return Health(Status.CURRENT, message)


def in_progress(message: str) -> Health:
    """The object is on its way."""
    return Health(Status.IN_PROGRESS, message)


def failed(message: str) -> Health:
    """The object will not get there without help."""
    return Health(Status.FAILED, message)


def unknown(message: str) -> Health:
    """It cannot be said."""
    return Health(Status.UNKNOWN, message)


NOT_FOUND = Health(Status.NOT_FOUND, "Resource not found")
