"""Events: what happened to an object, told in the background to Kubernetes and to the notification receiver.

`EventRecorder.emit` returns at once. Each destination has its own bounded queue and its own task, so a slow or absent
one delays neither the controllers nor the other. What is equal and still queued is merged into one with a count.
When a queue is full the oldest event is dropped, and counted.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from sluice import aio, kube
from sluice.runtime.conditions import timestamp
from sluice.runtime.errors import EventType
from sluice.runtime.redaction import redact
from sluice_api.meta import names

_SEVERITIES: Final[Mapping[EventType, str]] = {"Normal": "info", "Warning": "error", "Trace": "trace"}
MAX_MESSAGE: Final = 39000
"""Characters; the limit of Flux's event API."""
_LOOKED_AT: Final = 100
"""Events that are looked at for one that may go: no more, however many wait for one object."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened, as it was when it happened."""

    involved: Mapping[str, str]
    """apiVersion, kind, namespace, name, uid, resourceVersion."""
    type: EventType
    reason: str
    message: str
    metadata: tuple[tuple[str, str], ...]
    controller: str
    instance: str
    first: datetime
    last: datetime
    at: float
    """When it happened last, in monotonic seconds: its age is none of the wall clock's business, which may jump."""
    count: int = 1

    @property
    def key(self) -> tuple[Any, ...]:
        """Events with the same key, still queued, are delivered as one."""
        return *self.statement, self.metadata

    @property
    def statement(self) -> tuple[Any, ...]:
        """What the event says.

        Kubernetes counts up an event that says the same, and keeps the metadata of the first, as client-go's recorder
        does.
        """
        return self.involved["uid"], self.type, self.reason, self.message

    def post_body(self) -> dict[str, Any]:
        """Flux's wire format (`event/v1beta1`)."""
        body = {
            "involvedObject": dict(self.involved),
            "severity": _SEVERITIES[self.type],
            "timestamp": timestamp(self.last),
            "message": self.message,
            "reason": self.reason,
            "metadata": dict(self.metadata),
            "reportingController": self.controller,
            "reportingInstance": self.instance,
        }
        if not self.metadata:
            del body["metadata"]
        return body

    def repeated(self, by: Event) -> Event:
        """This event with another occurrence of it counted in."""
        return replace(self, last=by.last, at=by.at, count=self.count + by.count, involved=by.involved)


class Undeliverable(Exception):
    """Trying again makes no sense: the destination refuses this event."""


class Unavailable(Exception):
    """The destination cannot take it now; trying again later may work."""


class Destination(Protocol):
    """Where events are delivered to."""

    @property
    def name(self) -> str:
        """For logs and metrics."""

    def takes(self, event: Event) -> bool:
        """Whether this destination wants the event."""

    async def deliver(self, event: Event) -> None:
        """Deliver it.

        Raises:
            Unavailable: later, perhaps.
            Undeliverable: never.
        """

    async def close(self) -> None:
        """Free what delivery needed."""


class EventObserver(Protocol):
    """Who counts events."""

    def delivered(self, destination: str) -> None:
        """One event, or several merged into one, went out."""

    def dropped(self, destination: str, why: str) -> None:
        """One event was given up."""


@dataclass(kw_only=True)
class _Lane:
    """The queue of one destination, from which several deliver: events of one object one after the other."""

    destination: Destination
    pending: OrderedDict[tuple[Any, ...], Event] = field(default_factory=OrderedDict)
    under_way: set[str] = field(default_factory=set)
    """The uids of the objects of which an event is being delivered."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> Event | None:
        """The oldest event that may be delivered now; None when there is none."""
        for key, event in itertools.islice(self.pending.items(), _LOOKED_AT):
            if event.involved["uid"] not in self.under_way:
                del self.pending[key]
                self.under_way.add(event.involved["uid"])
                return event
        return None

    def done(self, event: Event) -> None:
        """The event is delivered, or given up: the next one of its object may go."""
        self.under_way.discard(event.involved["uid"])
        self.arrived.set()


class EventRecorder:
    """Takes events from controllers and delivers them in the background. `run` must be running for that."""

    LIMIT: Final = 5000
    """Events that may wait for one destination: those of a commit that a thousand objects apply, and more."""
    AT_ONCE: Final = 4
    """Events on their way to one destination at once. One after the other a busy server takes fewer than we have."""
    RETRY_DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
    """Seconds between tries; the last one repeats."""
    MAX_AGE: Final = 3600.0
    """Seconds after which nobody wants to hear it any more: as long as Kubernetes keeps its events."""

    def __init__(
        self,
        destinations: tuple[Destination, ...],
        *,
        controller: str,
        clock: aio.Clock | None = None,
        observer: EventObserver | None = None,
        instance: str = "",
        log_events: bool = False,
    ) -> None:
        self._lanes = [_Lane(destination=destination) for destination in destinations]
        self._controller = controller
        self._clock = clock or aio.SystemClock()
        self._observer = observer
        self._instance = instance or socket.gethostname()
        self._log_events = log_events
        self._log = structlog.get_logger().bind(logger="events")
        for lane in self._lanes:
            lane.idle.set()

    def emit(
        self, obj: kube.Object, type_: EventType, reason: str, message: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Record one event about the object, secrets taken out. Returns at once."""
        now = self._clock.now()
        event = Event(
            involved=_involved(obj),
            type=type_,
            reason=reason,
            message=redact(message)[:MAX_MESSAGE],
            metadata=tuple(sorted({**_annotations(obj), **(metadata or {})}.items())),
            controller=self._controller,
            instance=self._instance,
            first=now,
            last=now,
            at=self._clock.monotonic(),
        )
        if self._log_events:
            self._log.debug("event", type=type_, reason=reason, message=event.message, annotations=dict(event.metadata))
        for lane in self._lanes:
            if lane.destination.takes(event):
                self._enqueue(lane, event)

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with aio.TaskOwner() as owner:
                for lane in self._lanes:
                    for number in range(self.AT_ONCE):
                        owner.spawn(self._deliver_all(lane), name=f"events to {lane.destination.name} {number}")
                await asyncio.Event().wait()
        finally:
            for lane in self._lanes:
                await lane.destination.close()

    async def flush(self, seconds: float) -> bool:
        """Wait until everything is delivered, but not longer; whether it was."""
        if not self._lanes:
            return True
        try:
            await aio.within(self._clock, seconds, asyncio.gather(*(lane.idle.wait() for lane in self._lanes)))
        except TimeoutError:
            return False
        return True

    def _enqueue(self, lane: _Lane, event: Event) -> None:
        queued = lane.pending.get(event.key)
        if queued is not None:
            lane.pending[event.key] = queued.repeated(event)
            return
        if len(lane.pending) >= self.LIMIT:
            lane.pending.popitem(last=False)
            self._dropped(lane, "overflow")
        lane.pending[event.key] = event
        lane.idle.clear()
        lane.arrived.set()

    async def _deliver_all(self, lane: _Lane) -> None:
        while True:
            event = lane.take()
            if event is None:
                lane.arrived.clear()
                if not lane.pending and not lane.under_way:
                    lane.idle.set()
                await lane.arrived.wait()
                continue
            try:
                await self._deliver(lane, event)
            finally:
                lane.done(event)

    async def _deliver(self, lane: _Lane, event: Event) -> None:
        tries = 0
        while True:
            try:
                await lane.destination.deliver(event)
            except Undeliverable as error:
                self._give_up(lane, event, "refused", error)
                return
            except Unavailable as error:
                delay = self.RETRY_DELAYS[min(tries, len(self.RETRY_DELAYS) - 1)]
                age = self._clock.monotonic() - event.at
                # While a full queue pushes, the one in hand is the oldest: it is the one to go.
                if age + delay > self.MAX_AGE or len(lane.pending) >= self.LIMIT:
                    self._give_up(lane, event, "too old" if age + delay > self.MAX_AGE else "overflow", error)
                    return
                if tries == 0:
                    self._log.info("event delivery delayed", destination=lane.destination.name, error=str(error))
                tries += 1
                await self._clock.sleep(delay)
            else:
                if self._observer:
                    self._observer.delivered(lane.destination.name)
                return

    def _give_up(self, lane: _Lane, event: Event, why: str, error: Exception) -> None:
        self._log.error(
            "event not delivered",
            destination=lane.destination.name,
            why=why,
            error=str(error),
            reason=event.reason,
            namespace=event.involved["namespace"],
            name=event.involved["name"],
        )
        self._dropped(lane, why)

    def _dropped(self, lane: _Lane, why: str) -> None:
        if self._observer:
            self._observer.dropped(lane.destination.name, why)


def _involved(obj: kube.Object) -> dict[str, str]:
    meta = obj["metadata"]
    return {
        "kind": str(obj.get("kind", "")),
        "namespace": str(meta.get("namespace", "")),
        "name": str(meta.get("name", "")),
        "uid": str(meta.get("uid", "")),
        "apiVersion": str(obj.get("apiVersion", "")),
        "resourceVersion": str(meta.get("resourceVersion", "")),
    }


def _annotations(obj: kube.Object) -> dict[str, str]:
    annotations = obj["metadata"].get("annotations") or {}
    return {key: value for key, value in annotations.items() if key.startswith(names.EVENT_METADATA_PREFIX)}
