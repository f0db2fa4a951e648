"""What applied objects look like now, without asking: metadata-only watches on every kind that was ever applied.

One watch per kind, over all namespaces, of the objects that carry the owner label. Kept for as long as the process
lives: kinds are few, and an object that someone else labels is none of ours until a record says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from sluice import aio, kube
from sluice.ssa import controls, identities

Listener = Callable[[identities.Identity, kube.Object | None], None]
"""Called with an object's identity and its metadata, None when it is gone; must be quick."""

Key = tuple[str, str]
"""Group and kind."""

_BY_NAMESPACE: Final = "namespace"
_SYNC_SECONDS: Final = 5.0


@dataclass(frozen=True)
class _Running:
    informer: kube.Informer
    task: asyncio.Task[None]


class LiveView:
    """Follows kinds on demand. A kind that cannot be listed in time counts as unseen: callers then ask the server."""

    def __init__(self, client: kube.Client, tasks: aio.TaskOwner, clock: aio.Clock) -> None:
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._running: dict[Key, _Running] = {}
        self._late: set[Key] = set()
        self._listeners: list[Listener] = []
        self._log = structlog.get_logger()

    def add_listener(self, listener: Listener) -> None:
        """Hear of every change from now on, and of what is known already when a kind is first listed."""
        self._listeners.append(listener)

    async def follow(self, resource: kube.Resource) -> bool:
        """Watch a kind; whether its objects can be seen now."""
        key = (resource.group, resource.kind)
        running = self._running.get(key)
        if running is None or await self._outlived(running, resource):
            running = self._running[key] = self._start(resource)
        if not running.informer.synced and key not in self._late:
            await self._first_list(key, running.informer)
        return running.informer.synced

    async def _outlived(self, running: _Running, resource: kube.Resource) -> bool:
        """Whether the version that is being watched has gone: what such a watch shows is the past."""
        watched = running.informer.resource
        if watched.version == resource.version:
            return False
        try:
            await self._client.resource_for(watched.api_version, watched.kind)
        except kube.NoKindMatch:
            running.task.cancel()
            return True
        return False

    async def _first_list(self, key: Key, informer: kube.Informer) -> None:
        try:
            await aio.within(self._clock, _SYNC_SECONDS, informer.wait_synced())
        except TimeoutError:
            # Waited for once only: it may take for ever, say for want of the right to list.
            self._late.add(key)
            self._log.warning("kind cannot be watched, its objects are asked for", resource=str(informer.resource))

    def sees(self, identity: identities.Identity) -> bool:
        """Whether the kind is being watched, so that absence means something."""
        running = self._running.get((identity.group, identity.kind))
        return running is not None and running.informer.synced

    def get(self, identity: identities.Identity) -> kube.Object | None:
        """The metadata of an object that carries the owner label."""
        running = self._running.get((identity.group, identity.kind))
        return running.informer.store.get(identity.namespace, identity.name) if running else None

    def list(self, resource: kube.Resource, namespace: str = "") -> list[kube.Object]:
        """The metadata of all objects of a kind, or of those of one namespace, that carry the owner label."""
        running = self._running.get((resource.group, resource.kind))
        if running is None:
            return []
        store = running.informer.store
        return store.by_index(_BY_NAMESPACE, namespace) if namespace else store.list()

    def _start(self, resource: kube.Resource) -> _Running:
        informer = kube.Informer(
            self._client, resource, labels=controls.OWNER_NAME, metadata_only=True, clock=self._clock
        )
        informer.store.add_index(_BY_NAMESPACE, lambda obj: [obj["metadata"].get("namespace") or ""])
        informer.add_handler(self._changed)
        return _Running(informer, self._tasks.spawn(informer.run(), name=f"{informer.name} (metadata)"))

    def _changed(self, event: kube.Event) -> None:
        identity = identities.Identity.of(event.object)
        for listener in self._listeners:
            listener(identity, None if event.kind == "DELETED" else event.object)
