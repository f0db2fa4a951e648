"""What applied objects look like now, without asking: metadata-only watches on every kind that was ever applied.

One watch per kind, over all namespaces, of the objects that carry the owner label. Kept for as long as the process
lives: kinds are few, and an object that someone else labels is none of ours until a record says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from sluice import aio, kube
from sluice.ssa import controls, identities

Listener = Callable[[identities.Identity, kube.Object | None], None]
"""Called with an object's identity and its metadata, None when it is gone; must be quick."""

_SYNC_SECONDS: Final = 5.0


class LiveView:
    """Follows kinds on demand. A kind that cannot be listed in time counts as unseen: callers then ask the server."""

    def __init__(self, client: kube.Client, tasks: aio.TaskOwner, clock: aio.Clock) -> None:
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._informers: dict[tuple[str, str], kube.Informer] = {}
        self._listeners: list[Listener] = []
        self._log = structlog.get_logger()

    def add_listener(self, listener: Listener) -> None:
        """Hear of every change from now on, and of what is known already when a kind is first listed."""
        self._listeners.append(listener)

    async def follow(self, resource: kube.Resource) -> bool:
        """Watch a kind; whether its objects can be seen now."""
        key = (resource.group, resource.kind)
        informer = self._informers.get(key)
        if informer is None:
            informer = self._informers[key] = self._start(resource)
        if not informer.synced:
            try:
                await aio.within(self._clock, _SYNC_SECONDS, informer.wait_synced())
            except TimeoutError:
                self._log.warning("kind cannot be watched, every object of it is asked for", resource=str(resource))
        return informer.synced

    def sees(self, identity: identities.Identity) -> bool:
        """Whether the kind is being watched, so that absence means something."""
        informer = self._informers.get((identity.group, identity.kind))
        return informer is not None and informer.synced

    def get(self, identity: identities.Identity) -> kube.Object | None:
        """The metadata of an object that carries the owner label."""
        informer = self._informers.get((identity.group, identity.kind))
        return informer.store.get(identity.namespace, identity.name) if informer else None

    def _start(self, resource: kube.Resource) -> kube.Informer:
        informer = kube.Informer(
            self._client, resource, labels=controls.OWNER_NAME, metadata_only=True, clock=self._clock
        )
        informer.add_handler(self._changed)
        self._tasks.spawn(informer.run(), name=f"{informer.name} (metadata)")
        return informer

    def _changed(self, event: kube.Event) -> None:
        identity = identities.Identity.of(event.object)
        for listener in self._listeners:
            listener(identity, None if event.kind == "DELETED" else event.object)
