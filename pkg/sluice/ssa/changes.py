"""What an apply or a prune did, object by object; printable as Flux's events and logs show it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from sluice import kube
from sluice.ssa import ownership


class Action(enum.StrEnum):
    """What happened to one object."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    """The server did not confirm; the object may or may not have changed."""

    @property
    def changed(self) -> bool:
        """Whether the cluster is different now."""
        return self in (Action.CREATED, Action.CONFIGURED, Action.DELETED)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One object and what happened to it; prints as `Kind/namespace/name action`."""

    ref: kube.ObjectRef
    action: Action
    rival: ownership.Owner | None = None
    """Another owner that had taken the object over, and from which it was taken back."""

    def __str__(self) -> str:
        return f"{self.ref} {self.action}"


@dataclass(frozen=True)
class ChangeSet:
    """The changes of one run, in the order the objects were taken up; one line per change when printed."""

    entries: tuple[Change, ...] = ()

    def __iter__(self) -> Iterator[Change]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __add__(self, other: ChangeSet) -> ChangeSet:
        return ChangeSet(self.entries + other.entries)

    def __str__(self) -> str:
        return "\n".join(str(change) for change in self.entries)

    @property
    def changed(self) -> ChangeSet:
        """Only what made the cluster different."""
        return ChangeSet(tuple(change for change in self.entries if change.action.changed))

    @property
    def kept(self) -> ChangeSet:
        """Without the objects that were left alone on their owner's wish."""
        return ChangeSet(tuple(change for change in self.entries if change.action is not Action.SKIPPED))

    def refs(self) -> list[kube.ObjectRef]:
        """The objects, in order."""
        return [change.ref for change in self.entries]

    def by_action(self) -> dict[str, list[str]]:
        """Action to objects, for logs."""
        found: dict[str, list[str]] = {}
        for change in self.entries:
            found.setdefault(str(change.action), []).append(str(change.ref))
        return found

    def by_subject(self) -> dict[str, str]:
        """Object to action, for logs."""
        return {str(change.ref): str(change.action) for change in self.entries}
