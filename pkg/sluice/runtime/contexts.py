"""What a step is given: the object as this pass sees it, and the ways to say something about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol

import pydantic
import structlog

from sluice import aio, kube
from sluice.runtime import conditions
from sluice.runtime.conditions import Condition, Status
from sluice.runtime.drafts import ConditionsDraft, StatusDraft
from sluice.runtime.errors import EventType, Stalled
from sluice.runtime.kinds import Kind, M
from sluice.runtime.requests import Cause, Request
from sluice_api.meta import names


class EventSink(Protocol):
    """Where events go: returns at once, delivery happens in the background."""

    def emit(
        self,
        obj: kube.Object,
        type_: EventType,
        reason: str,
        message: str,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Record one event about the object."""


@dataclass(kw_only=True)
class Progress:
    """How far a pass has come, for the Reconciling condition."""

    message: str = ""
    news: bool = False
    """There is something to tell before the end: a new generation, a request, a new revision."""
    drifted: bool = False
    """The stored Ready is known not to hold any more."""
    again: bool = False
    """It goes on in another pass, whatever this one comes to."""


@dataclass(kw_only=True)
class Context(Generic[M]):
    """One pass over one object. Made by the controller; never kept beyond the pass."""

    kind: Kind[M]
    request: Request
    object: kube.Object
    """The object as read at the start (its status as last written by us or newer). Never mutate it."""

    causes: frozenset[Cause]
    """Why this pass runs. After a restart it is STARTUP, whatever else was going on."""

    caused: float
    """When (monotonic) the last of them came: what was seen of the world since then is news enough for this pass."""

    memory: dict[str, Any]
    """The controller's own notes about this object (this uid): kept from pass to pass, lost on restart and deletion.

    For what saves work or measures a wait, never for what must not be lost: that goes to status.
    """

    clock: aio.Clock
    log: structlog.typing.FilteringBoundLogger
    """Bound to the controller, the object and this pass."""

    status: StatusDraft
    conditions: ConditionsDraft
    events: EventSink
    started: float
    progressed: Progress = field(default_factory=Progress)
    subscriber: Callable[[Hashable], None]
    publisher: Callable[[], Awaitable[None]]
    confirmer: Callable[[], Awaitable[None]]

    @cached_property
    def parsed(self) -> M:
        """The object as the kind's model.

        Raises:
            Stalled: the spec cannot be read, say after a downgrade; nothing but a change of it helps.
        """
        try:
            return self.kind.model.model_validate(self.object)
        except pydantic.ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
            raise Stalled("InvalidSpec", f"the object cannot be read: {faults}") from None

    @property
    def name(self) -> str:
        """The object's name."""
        return self.request.name

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return self.request.namespace

    @property
    def uid(self) -> str:
        """The object's uid."""
        return str(self.object["metadata"].get("uid", ""))

    @property
    def generation(self) -> int:
        """The generation this pass works for."""
        return int(self.object["metadata"].get("generation", 0))

    @property
    def observed_generation(self) -> int:
        """The generation last brought to an end, -1 if none."""
        status = self.object.get("status") or {}
        told = status if self.kind.observes else conditions.find(status.get("conditions") or (), names.READY) or {}
        return int(told.get("observedGeneration", -1))

    @property
    def requested_at(self) -> str | None:
        """The value of the reconcile-request annotation if it has not been handled yet."""
        value = (self.object["metadata"].get("annotations") or {}).get(names.RECONCILE_REQUEST)
        handled = (self.object.get("status") or {}).get("lastHandledReconcileAt")
        return None if value is None or value == handled else str(value)

    @property
    def elapsed(self) -> float:
        """Seconds since the pass began."""
        return self.clock.monotonic() - self.started

    def find_condition(self, type_: str) -> Condition | None:
        """A condition as this pass sees it: as stored, with what the pass has changed so far."""
        stored = list((self.object.get("status") or {}).get("conditions") or ())
        return conditions.find(
            self.conditions.applied_to(stored, generation=self.generation, now=self.clock.now()), type_
        )

    def condition(self, type_: str, status: Status, reason: str, message: str) -> None:
        """Set an auxiliary condition. Ready, Reconciling and Stalled follow from how the pass ends."""
        self.conditions.put(type_, status, reason, message)

    def clear_condition(self, type_: str) -> None:
        """Remove an auxiliary condition. Success removes negative ones by itself."""
        self.conditions.clear(type_)

    def progress(self, message: str, *, drifted: bool = False, again: bool = False) -> None:
        """Say what happens now. It becomes Reconciling's message when the pass fails or waits, or is published.

        `drifted` says that Ready no longer holds (new revision, missing artifact): a publication then shows Unknown.
        A pass that takes longer than a moment publishes its progress by itself, if there is news. `again` says that it
        will be tried again, which makes Reconciling's reason ProgressingWithRetry.
        """
        self.progressed.message, self.progressed.again = message, again
        if drifted:
            self.progressed.drifted = self.progressed.news = True

    async def publish(self) -> None:
        """Write progress and the status fields drafted so far, now: before work whose loss on a crash would hurt.

        Costs one patch, none when nothing changed.
        """
        await self.publisher()

    async def confirm(self) -> None:
        """Go on only if the object still asks for what this pass does; else the pass ends, and begins again.

        For work that cannot be undone: the watch may be late, or another replica may have been at work. One request.
        """
        await self.confirmer()

    def event(self, type_: EventType, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        """Tell the world: a Kubernetes event, and a post to the notification receiver. Returns at once."""
        self.events.emit(self.object, type_, reason, message, metadata)

    def trace(self, reason: str, message: str) -> None:
        """A Kubernetes event only, never posted."""
        self.events.emit(self.object, "Trace", reason, message)

    def subscribe(self, token: Hashable) -> None:
        """Wake this object when `Controller.notify(token)` is called.

        Subscribe BEFORE reading what you may wait for: a change between the read and the end of the pass then
        enqueues the object again. Subscriptions hold until the next pass begins.
        """
        self.subscriber(token)
