"""What the store holds and tells: keys, entries (one version of one object) and events.

Entries and the objects in them are immutable once stored; readers share them, and their encoded bytes too.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal

Object = dict[str, Any]
EventType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where an object lives.

    `resource` is the group resource (`pods`, `deployments.apps`); the namespace of cluster-wide objects
    is "".
    """

    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.resource, self.namespace, self.name) if part)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One version of one object; `revision` is its resourceVersion as a number."""

    key: Key
    object: Object
    revision: int
    _forms: dict[Hashable, bytes] = field(default_factory=dict, repr=False)

    def encoded(self, form: Hashable, encode: Callable[[Object], bytes]) -> bytes:
        """The object's bytes in this form, encoded once and shared by everybody who asks."""
        found = self._forms.get(form)
        if found is None:
            found = self._forms[form] = encode(self.object)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """A change; `entry` is the object after it, or its last state under the deletion's revision."""

    type: EventType
    entry: Entry
    previous: Entry | None
    revision: int
    _lines: dict[Hashable, bytes] = field(default_factory=dict, repr=False)
    _turned: "dict[EventType, Event]" = field(default_factory=dict, repr=False)

    def line(self, form: Hashable, encode: Callable[["Event"], bytes]) -> bytes:
        """The event's bytes in this form, encoded once however many watchers there are."""
        found = self._lines.get(form)
        if found is None:
            found = self._lines[form] = encode(self)
        return found

    def turned(self, kind: EventType) -> "Event":
        """The same change as another type, for watchers to whom an object comes or goes by its fields.

        One that goes is shown as it was, under the revision at which it went. Shared by all such watchers.
        """
        found = self._turned.get(kind)
        if found is None:
            entry = self.entry
            if kind == "DELETED" and self.previous is not None:
                last = with_revision(self.previous.object, self.revision)
                entry = Entry(entry.key, last, self.revision)
            found = self._turned[kind] = Event(kind, entry, self.previous, self.revision)
        return found


def with_revision(obj: Object, revision: int) -> Object:
    """The object under another resourceVersion; nothing of the given one is changed."""
    return {**obj, "metadata": {**obj.get("metadata", {}), "resourceVersion": str(revision)}}
