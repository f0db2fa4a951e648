"""What a work queue holds: the name of one object to look at, how urgent it is, and why it was asked for."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Request:
    """One object of a controller's kind to reconcile. It carries no state: a pass reads the newest object itself."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Priority(enum.IntEnum):
    """Which requests a free worker takes first; within one priority the oldest goes first."""

    INTERACTIVE = 0
    """Someone changed the object, asked for a reconciliation, or deleted it."""

    EVENT = 1
    """Something the object depends on or waits for has moved."""

    ROUTINE = 2
    """Start-up, interval and retry: nobody is waiting at a terminal."""


class Cause(enum.StrEnum):
    """Why a request was enqueued. Causes of requests that were merged into one pass are kept together."""

    STARTUP = "startup"
    CREATED = "created"
    SPEC = "spec"
    REQUESTED = "requested"
    DELETED = "deleted"
    DEPENDENCY = "dependency"
    """An object of another kind changed (see `Controller.watch`)."""
    TOKEN = "token"  # noqa: S105 - not a secret: a token is what a waiting object subscribed to
    """Something the object subscribed to was notified."""
    INTERVAL = "interval"
    RETRY = "retry"
    DEADLINE = "deadline"
    """A `Waiting(after=…)` ran out."""
