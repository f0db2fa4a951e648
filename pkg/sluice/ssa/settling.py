"""Waiting for one object, by watch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from sluice import aio, kube

_GONE_PAUSE: Final = 1.0
Predicate = Callable[[kube.Object | None], bool]


class Settling:
    """Waits for single objects to reach a state."""

    def __init__(self, client: kube.Client, clock: aio.Clock) -> None:
        self._client = client
        self._clock = clock

    async def until(
        self, resource: kube.Resource, ref: kube.ObjectRef, predicate: Predicate, *, seconds: float
    ) -> kube.Object | None:
        """The object once it is as wished, None if the wish is that it be gone.

        Raises:
            TimeoutError: it did not happen in time.
            KubeError: the object cannot be watched.
        """
        return await aio.within(self._clock, seconds, self._until(resource, ref, predicate))

    async def _until(self, resource: kube.Resource, ref: kube.ObjectRef, predicate: Predicate) -> kube.Object | None:
        selector = f"metadata.name={ref.name}"
        while True:
            listed = await self._client.list(resource, ref.namespace, fields=selector)
            found = listed.items[0] if listed.items else None
            if predicate(found):
                return found
            try:
                return await self._watched(resource, ref, predicate, selector, listed.resource_version)
            except kube.Gone:
                # Said of what was listed just now: the server is in trouble, and not to be asked without end.
                await self._clock.sleep(_GONE_PAUSE)

    async def _watched(
        self, resource: kube.Resource, ref: kube.ObjectRef, predicate: Predicate, selector: str, version: str
    ) -> kube.Object | None:
        stream = self._client.watch(resource, ref.namespace, fields=selector, resource_version=version, bookmarks=False)
        async with aclosing(stream):
            async for event in stream:
                found = None if event.type == "DELETED" else event.object
                if predicate(found):
                    return found
        raise kube.Unreachable(f"the watch of {ref} ended")
