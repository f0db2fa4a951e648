"""Writing to the one object of a pass: status and finalizers, guarded so that nothing of anyone else is overwritten.

Every patch carries the uid and the resourceVersion it was computed from. A conflict means someone wrote meanwhile: the
object is read again, the change computed anew on top of theirs, and tried again a few times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from sluice import kube
from sluice.runtime.diffs import merge_diff
from sluice.runtime.drafts import StatusDraft

_ATTEMPTS: Final = 5

StatusFunction = Callable[[Mapping[str, Any]], dict[str, Any]]
"""The status as it is now -> the status as it should be. Pure, as it may be called again."""


class Vanished(Exception):
    """The object is gone, or another one has its name: there is nothing left to write to."""


class Overtaken(Exception):
    """Somebody changed what the pass works from: what it decided may be wrong by now, and it begins again."""


class ObjectWriter:
    """Writes to one object, one patch at a time, and knows its newest state."""

    def __init__(self, client: kube.Client, resource: kube.Resource, obj: kube.Object, *, manager: str) -> None:
        self._client = client
        self._resource = resource
        self._manager = manager
        self._lock = asyncio.Lock()
        self._overtaken = False
        self.newest = obj
        """The object as the server last returned it to us."""

    async def write_status(self, function: StatusFunction) -> bool:
        """Bring the status to what the function says; whether a write was needed."""

        def change(obj: kube.Object) -> dict[str, Any]:
            status = obj.get("status") or {}
            patch = merge_diff(status, function(status))
            return {"status": patch} if patch else {}

        return await self._write(change, subresource="status")

    async def add_finalizer(self, finalizer: str) -> bool:
        """Add it if it is missing and the object is not being deleted."""

        def change(obj: kube.Object) -> dict[str, Any]:
            present = finalizers_of(obj)
            if finalizer in present or "deletionTimestamp" in obj["metadata"]:
                return {}
            return {"metadata": {"finalizers": [*present, finalizer]}}

        return await self._write(change)

    async def remove_finalizer(self, finalizer: str) -> bool:
        """Remove it if it is there; that may be what lets the object go."""

        def change(obj: kube.Object) -> dict[str, Any]:
            present = finalizers_of(obj)
            if finalizer not in present:
                return {}
            return {"metadata": {"finalizers": [name for name in present if name != finalizer] or None}}

        return await self._write(change)

    async def confirm(self) -> None:
        """Read the object and return if it still asks for the same.

        Raises:
            Overtaken: its spec changed, or it is being deleted.
        """
        async with self._lock:
            before = self.newest["metadata"]
            live = await self._live()
            asks = live["metadata"].get("generation"), "deletionTimestamp" in live["metadata"]
            if asks != (before.get("generation"), "deletionTimestamp" in before):
                self.newest, self._overtaken = live, True
                raise Overtaken

    async def _write(self, change: Callable[[kube.Object], dict[str, Any]], subresource: str = "") -> bool:
        async with self._lock:
            if self._overtaken:
                raise Overtaken
            for attempt in range(1, _ATTEMPTS + 1):
                patch = change(self.newest)
                if not patch:
                    return False
                try:
                    await self._patch(patch, subresource)
                except kube.NotFound:
                    raise Vanished from None
                except kube.Conflict:
                    if attempt == _ATTEMPTS:
                        raise
                    await self._read_again(patch.get("status") or {})
                else:
                    return True
        raise AssertionError("unreachable")

    async def _patch(self, patch: dict[str, Any], subresource: str) -> None:
        meta = self.newest["metadata"]
        guard = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        body = {**patch, "metadata": {**patch.get("metadata", {}), **guard}}
        answer = await self._client.patch(
            self._resource,
            meta["name"],
            meta.get("namespace", ""),
            body,
            kind=kube.PatchType.MERGE,
            subresource=subresource,
            manager=self._manager,
        )
        self.newest = kube.without_managed_fields(answer)

    async def _read_again(self, written: Mapping[str, Any]) -> None:
        before = self.newest.get("status") or {}
        self.newest = await self._live()
        after = self.newest.get("status") or {}
        # An inventory or an artifact made from the former one would undo what the other has noted there.
        if any(before.get(field) != after.get(field) for field in written if field not in StatusDraft.RESERVED):
            self._overtaken = True
            raise Overtaken

    async def _live(self) -> kube.Object:
        meta = self.newest["metadata"]
        try:
            live = await self._client.get(self._resource, meta["name"], meta.get("namespace", ""))
        except kube.NotFound:
            raise Vanished from None
        if live["metadata"]["uid"] != meta["uid"]:
            raise Vanished
        return live


def finalizers_of(obj: Mapping[str, Any]) -> list[str]:
    """The object's finalizers."""
    return list(obj["metadata"].get("finalizers") or ())
