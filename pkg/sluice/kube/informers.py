"""A local copy of a kind that follows the server, and tells handlers what changed.

List, then watch from there. When the watch breaks, it goes on from the last version seen; when the server no
longer has that version (410), list again and tell only the difference. So a handler sees every object exactly
as ADDED, then MODIFIED any number of times, then DELETED, across server restarts and lost connections. What it
may not see is every intermediate state: changes during a gap arrive as one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

import structlog

from sluice import aio
from sluice.kube import errors, objects, stores
from sluice.kube.client import Client
from sluice.kube.objects import Object
from sluice.kube.resources import Resource
from sluice.kube.stores import Store

Change = Literal["ADDED", "MODIFIED", "DELETED"]

# A server that cannot be reached costs nothing to ask again; one that answers with errors is asked less and less.
_FIRST_DELAY, _MAX_DELAY_UNREACHABLE, _MAX_DELAY_FAILING = 0.2, 5.0, 30.0
_HEALTHY_SECONDS = 30.0
# Handlers of a long list run in slices, so that the event loop stays responsive.
_SLICE = 100


@dataclass(frozen=True, kw_only=True)
class Event:
    """One change.

    `object` is the new state (the last one for DELETED), `old` the state it replaces, None for ADDED.
    """

    kind: Change
    object: Object
    old: Object | None = None


Handler = Callable[[Event], None]
"""Called in order, from the informer's task; must be quick.

One that raises is logged and does not hold up the others.
"""
Transform = Callable[[Object], Object]
"""Applied to each object before it is stored; may change what it is given."""


def without_managed_fields(obj: Object) -> Object:
    """A transform that drops `metadata.managedFields`, often half of an object."""
    obj["metadata"].pop("managedFields", None)
    return obj


class Informer:
    """Follows one resource, in one namespace or all, optionally selected, optionally metadata alone.

    `run` does the work and ends only by cancellation: its caller owns the task. The store may be read at any
    time; before `synced` it is incomplete.
    """

    def __init__(
        self,
        client: Client,
        resource: Resource,
        *,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        transform: Transform | None = None,
        clock: aio.Clock | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.resource = resource
        self.store = Store()
        self.trouble = ""
        """Why the server could not be followed when it was last tried; "" since it was last listed."""
        self._client = client
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._metadata_only = metadata_only
        self._transform = transform
        self._handlers: list[Handler] = []
        self._synced = asyncio.Event()
        self._version = ""
        clock = clock or aio.SystemClock()
        self._backoff = _Backoff(clock, jitter)
        self._log = structlog.get_logger().bind(resource=str(resource), namespace=namespace)

    @property
    def name(self) -> str:
        """A name for the task that runs it."""
        return f"informer {self.resource}" + (f" in {self._namespace}" if self._namespace else "")

    @property
    def synced(self) -> bool:
        """Whether the first list is in the store and its handlers have run."""
        return self._synced.is_set()

    async def wait_synced(self) -> None:
        """Return once `synced`."""
        await self._synced.wait()

    def add_handler(self, handler: Handler) -> None:
        """Call `handler` for every change from now on, and at once with ADDED for every object already known."""
        for obj in self.store:
            self._call(handler, Event(kind="ADDED", object=obj))
        self._handlers.append(handler)

    def remove_handler(self, handler: Handler) -> None:
        """Call it no more; `ValueError` if it was not added."""
        self._handlers.remove(handler)

    async def run(self) -> None:
        """Follow the server until cancelled."""
        while True:
            try:
                if not self._version:
                    await self._relist()
                await self._follow()
            except errors.Unreachable as error:
                await self._pause(error, _MAX_DELAY_UNREACHABLE)
            except errors.KubeError as error:
                # Gone is no failure: the server compacts its history, and the list tells what was missed. But a server
                # that says it of what it has just listed must not be listed without end.
                if not _only_busy(error):
                    self._version = ""
                await self._pause(error, _MAX_DELAY_FAILING)

    async def _pause(self, error: errors.KubeError, cap: float) -> None:
        self.trouble = str(error)
        await self._backoff.pause(self._log, error, cap)

    async def _relist(self) -> None:
        listed = await self._client.list(
            self.resource,
            self._namespace,
            labels=self._labels,
            fields=self._fields,
            metadata_only=self._metadata_only,
        )
        gone = self.store.keys() - {stores.key_of(obj) for obj in listed.items}
        for index, key in enumerate(gone):
            await self._breathe(index)
            self._forget(key)
        for index, obj in enumerate(listed.items):
            await self._breathe(index)
            self._learn(obj)
        self._version = listed.resource_version
        self.trouble = ""
        self._synced.set()

    @staticmethod
    async def _breathe(index: int) -> None:
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)

    async def _follow(self) -> None:
        stream = self._client.watch(
            self.resource,
            self._namespace,
            labels=self._labels,
            fields=self._fields,
            metadata_only=self._metadata_only,
            resource_version=self._version,
        )
        async with aclosing(stream):
            async for event in stream:
                if event.type == "DELETED":
                    self._forget(stores.key_of(event.object), event.object)
                elif event.type != "BOOKMARK":
                    self._learn(event.object)
                self._version = objects.resource_version(event.object) or self._version

    def _learn(self, obj: Object) -> None:
        if self._transform is not None:
            obj = self._transform(obj)
        known = self.store.get(*stores.key_of(obj))
        if known is not None and objects.resource_version(known) == objects.resource_version(obj):
            return
        if known is not None and known["metadata"].get("uid") != obj["metadata"].get("uid"):
            # Deleted and created again while we were not looking: two changes, not one.
            self._forget(stores.key_of(known))
            known = None
        self.store.put(obj)
        self._tell(Event(kind="ADDED" if known is None else "MODIFIED", object=obj, old=known))

    def _forget(self, key: stores.Key, last: Object | None = None) -> None:
        known = self.store.drop(key)
        if known is None:
            return
        if last is not None and self._transform is not None:
            last = self._transform(last)
        self._tell(Event(kind="DELETED", object=last or known, old=known))

    def _tell(self, event: Event) -> None:
        for handler in tuple(self._handlers):
            self._call(handler, event)

    def _call(self, handler: Handler, event: Event) -> None:
        try:
            handler(event)
        except Exception:  # noqa: BLE001 - logged with its traceback; the store and the other handlers must go on
            self._log.exception("informer handler failed", handler=repr(handler), change=event.kind)


def _only_busy(error: errors.KubeError) -> bool:
    """Whether the server refused for now, with nothing wrong about the version asked for."""
    return isinstance(error, errors.ApiError) and error.status in (429, 503)


class _Backoff:
    """Growing, jittered pauses between failures; back to short ones after half a minute without a failure."""

    def __init__(self, clock: aio.Clock, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._last = float("-inf")

    async def pause(self, log: structlog.stdlib.BoundLogger, error: errors.KubeError, cap: float) -> None:
        if self._clock.monotonic() - self._last > _HEALTHY_SECONDS:
            self._failures = 0
        delay = min(_FIRST_DELAY * 2.0**self._failures, cap) * (0.5 + self._jitter())
        self._failures = min(self._failures + 1, 16)
        log.warning("watch interrupted", error=str(error), retry_in=round(delay, 3))
        await self._clock.sleep(delay)
        self._last = self._clock.monotonic()
