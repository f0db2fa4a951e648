"""Deleting what is no longer wanted: in reverse order, only what is ours, only the very object that was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from sluice import kube
from sluice.ssa import batches, changes, controls, definitions, errors, identities, ordering, ownership, records

_TRIES: Final = 5
"""How often an object is looked at again that others keep changing."""


@dataclass(frozen=True)
class Left:
    """An object that could not be deleted, and why."""

    ref: kube.ObjectRef
    text: str


class _Unseen(Exception):
    """An object could not be looked at; the cause says why."""


@contextmanager
def _looking() -> Iterator[None]:
    try:
        yield
    except kube.NotFound:
        raise
    except kube.KubeError as error:
        raise _Unseen from error


class Pruner:
    """Deletes objects of an owner."""

    def __init__(
        self, client: kube.Client, *, kinds: definitions.Definitions, memory: records.Records, concurrency: int
    ) -> None:
        self._client = client
        self._kinds = kinds
        self._memory = memory
        self._concurrency = concurrency

    async def prune(self, refs: Sequence[kube.ObjectRef], owner: ownership.Owner) -> changes.ChangeSet:
        """Delete them; absent ones count as deleted, those of others and those kept by their owner's wish as skipped.

        Raises:
            PruneFailed: some could not be deleted; all were tried.
        """

        async def delete(ref: kube.ObjectRef) -> changes.Change | Left:
            return await self._held(ref, owner)

        ordered = sorted(refs, key=lambda ref: ordering.key(identities.Identity.of_ref(ref)), reverse=True)
        results: list[changes.Change | Left] = []
        for batch in batches.by_kind(ordered, identities.Identity.of_ref):
            results += await batches.each(batch, delete, limit=self._concurrency)
        done = changes.ChangeSet(tuple(one for one in results if isinstance(one, changes.Change)))
        left = [one for one in results if isinstance(one, Left)]
        if left:
            raise errors.PruneFailed((one.text for one in left), done, (one.ref for one in left))
        return done

    async def _held(self, ref: kube.ObjectRef, owner: ownership.Owner) -> changes.Change | Left:
        identity = identities.Identity.of_ref(ref)
        async with self._memory.hold(identity):
            record = self._memory.get(identity)
            if record is not None and record.owner == owner:
                self._memory.forget(identity)
            try:
                return changes.Change(ref=ref, action=await self._delete(ref, owner))
            except _Unseen as error:
                return Left(ref, f"{ref} query failed: {error.__cause__}")
            except kube.KubeError as error:
                return Left(ref, f"{ref} delete failed: {error}")

    async def _delete(self, ref: kube.ObjectRef, owner: ownership.Owner) -> changes.Action:
        with _looking():
            resource = await self._kinds.resource(ref)
        if resource is None:
            # With its definition the server deleted every object of the kind.
            return changes.Action.DELETED
        if resource.namespaced and not ref.namespace:
            # No object is called that: somebody edited the inventory.
            return changes.Action.SKIPPED
        for _ in range(_TRIES - 1):
            with suppress(kube.Conflict):
                return await self._delete_seen(resource, ref, owner)
        return await self._delete_seen(resource, ref, owner)

    async def _delete_seen(
        self, resource: kube.Resource, ref: kube.ObjectRef, owner: ownership.Owner
    ) -> changes.Action:
        """Delete the object as it is seen; `Conflict` if it changed meanwhile: it may be another's, or kept, by now."""
        try:
            with _looking():
                live = await self._client.get(resource, ref.name, ref.namespace)
            if not owner.owns(live) or controls.kept_from_pruning(live):
                return changes.Action.SKIPPED
            meta = live["metadata"]
            if "deletionTimestamp" not in meta:
                uid, version = str(meta["uid"]), str(meta["resourceVersion"])
                await self._client.delete(resource, ref.name, ref.namespace, uid=uid, resource_version=version)
        except kube.NotFound:
            pass
        return changes.Action.DELETED
