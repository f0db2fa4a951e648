"""What a controller remembers of its objects between passes. Nothing here survives a restart, nor has to."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sluice import kube
from sluice.runtime.requests import Request


@dataclass(kw_only=True)
class Record:
    """One object's notes, bound to its uid: another object of the same name starts afresh."""

    uid: str
    written: kube.Object | None = None
    """The object as returned by our last write, while the informer has not caught up with it."""
    memory: dict[str, Any] = field(default_factory=dict)
    released: bool = False
    """Our finalizer is off: the object may still be in the informer's store for a moment, but it is over."""


class Records:
    """The notes of all objects of a controller, and who waits for what."""

    def __init__(self) -> None:
        self._records: dict[Request, Record] = {}
        self._waiting: dict[Hashable, set[Request]] = {}
        self._tokens: dict[Request, set[Hashable]] = {}

    def of(self, request: Request, uid: str) -> Record:
        """The object's record, a new one if there is none or it belongs to an earlier object of that name."""
        record = self._records.get(request)
        if record is None or record.uid != uid:
            record = self._records[request] = Record(uid=uid)
        return record

    def caught_up(self, request: Request, stored: kube.Object) -> None:
        """The informer shows this: what we wrote before need not be kept beside it."""
        record = self._records.get(request)
        if record is not None and record.written is not None and _version(record.written) <= _version(stored):
            record.written = None

    def newest(self, request: Request, stored: kube.Object) -> kube.Object:
        """The informer's object or what our last write returned, whichever is newer.

        Resource versions of one object are comparable numbers (Kubernetes guarantees it since 1.35, etcd always did);
        where they are not numbers, the informer is believed.
        """
        record = self.of(request, str(stored["metadata"].get("uid", "")))
        if record.written is None:
            return stored
        if _version(record.written) > _version(stored):
            return record.written
        record.written = None
        return stored

    def forget(self, request: Request) -> None:
        """The object is gone."""
        self._records.pop(request, None)
        self.unsubscribe(request)

    def subscribe(self, request: Request, token: Hashable) -> None:
        """Remember that the object waits for the token."""
        self._waiting.setdefault(token, set()).add(request)
        self._tokens.setdefault(request, set()).add(token)

    def unsubscribe(self, request: Request) -> None:
        """Drop all of an object's subscriptions."""
        for token in self._tokens.pop(request, ()):
            waiting = self._waiting[token]
            waiting.discard(request)
            if not waiting:
                del self._waiting[token]

    def waiting_for(self, token: Hashable) -> frozenset[Request]:
        """Who is subscribed to the token."""
        return frozenset(self._waiting.get(token, ()))

    def subscriptions(self) -> int:
        """How many subscriptions there are, for metrics."""
        return sum(len(tokens) for tokens in self._tokens.values())


def _version(obj: kube.Object) -> int:
    version = str(obj["metadata"].get("resourceVersion", ""))
    return int(version) if version.isdigit() else -1
