"""The garbage collector: what owners leave behind when they go, and what they wait for before they do.

It does what kube-controller-manager's does: deletes objects whose owners are all gone, drops references to those that
are gone from objects that still have one, holds back foreground deletions until blocking dependents are gone, and cuts
dependents loose for orphaning deletions.
"""

from collections.abc import Mapping
from typing import Any

from sluice import schema
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import following
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Key, Object
from sluice.apiserver.writes import deleting

Reference = Mapping[str, Any]


class Collector:
    """Follows ownership in one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._dependents: dict[str, set[Key]] = {}
        self._suspects: dict[Key, None] = {}
        """Objects to look at: their owners, or their deletion, changed. A dict for its order."""

    async def run(self) -> None:
        """Collect until the store closes."""
        for resource in self._cluster.store.resources():
            for entry in self._cluster.store.list(resource).entries:
                self._index(entry.key, (), _references(entry.object))
                self._suspects[entry.key] = None
        await following.follow(self._cluster, self._take, self._settle)

    def _take(self, event: entries.Event) -> None:
        key, obj = event.entry.key, event.entry.object
        before = _references(event.previous.object) if event.previous else []
        after = [] if event.type == "DELETED" else _references(obj)
        if before != after:
            self._index(key, before, after)
        if event.type == "DELETED":
            self._suspects.update(dict.fromkeys(sorted(self._dependents.get(obj["metadata"]["uid"], ()))))
            self._suspects.update(dict.fromkeys(self._owners(key, before)))
        elif before != after or "deletionTimestamp" in obj["metadata"]:
            self._suspects[key] = None
            self._suspects.update(dict.fromkeys(self._owners(key, before)))

    def _index(self, key: Key, before: list[Reference] | tuple[()], after: list[Reference]) -> None:
        for reference in before:
            members = self._dependents.get(reference["uid"], set())
            members.discard(key)
            if not members:
                self._dependents.pop(reference["uid"], None)
        for reference in after:
            self._dependents.setdefault(reference["uid"], set()).add(key)

    def _owners(self, key: Key, references: list[Reference]) -> list[Key]:
        return [found.key for reference in references if (found := self._owner(key, reference))]

    def _settle(self) -> None:
        while self._suspects:
            key = next(iter(self._suspects))
            del self._suspects[key]
            entry = self._cluster.store.get(key)
            kind = self._cluster.registry.stored(key.resource)
            if entry is not None and kind is not None:
                self._examine(kind, entry)

    def _examine(self, kind: KindInfo, entry: entries.Entry) -> None:
        metadata = entry.object["metadata"]
        finalizers = metadata.get("finalizers") or []
        if "deletionTimestamp" in metadata:
            if deleting.ORPHAN in finalizers:
                self._orphan(entry)
            elif deleting.FOREGROUND in finalizers:
                self._foreground(entry)
            return
        references = _references(entry.object)
        if references:
            self._judge(kind, entry, references)

    def _judge(self, kind: KindInfo, entry: entries.Entry, references: list[Reference]) -> None:
        """Delete the object if no owner is left, or drop the owners that are."""
        states = [self._state(entry.key, reference) for reference in references]
        solid = [reference for reference, state in zip(references, states, strict=True) if state == "solid"]
        if solid:
            if len(solid) < len(references):
                self._keep_only(entry, solid)
            return
        finalizers = entry.object["metadata"].get("finalizers") or []
        policy = "Background"
        if deleting.ORPHAN in finalizers:
            policy = "Orphan"
        elif deleting.FOREGROUND in finalizers or (
            "waiting" in states and self._dependents.get(entry.object["metadata"]["uid"])
        ):
            policy = "Foreground"
        self._delete(kind, entry, policy)

    def _state(self, key: Key, reference: Reference) -> str:
        kind = self._cluster.registry.of(schema.GVK.of(reference["apiVersion"], reference["kind"]))
        if kind is None or (kind.namespaced and not key.namespace):
            # A kind that is not served, or an owner out of reach: nobody can tell that it is gone.
            return "solid"
        owner = self._owner(key, reference)
        if owner is None:
            return "lost"
        metadata = owner.object["metadata"]
        leaving = "deletionTimestamp" in metadata and deleting.FOREGROUND in (metadata.get("finalizers") or [])
        return "waiting" if leaving else "solid"

    def _owner(self, key: Key, reference: Reference) -> entries.Entry | None:
        kind = self._cluster.registry.of(schema.GVK.of(reference["apiVersion"], reference["kind"]))
        if kind is None:
            return None
        found = self._cluster.store.get(self._cluster.key(kind, key.namespace, reference["name"]))
        return found if found and found.object["metadata"]["uid"] == reference["uid"] else None

    def _foreground(self, owner: entries.Entry) -> None:
        """Delete the dependents; let the owner go when none of them blocks it any more."""
        blocked = False
        for key in sorted(self._dependents.get(owner.object["metadata"]["uid"], ())):
            entry, kind = self._cluster.store.get(key), self._cluster.registry.stored(key.resource)
            if entry is None or kind is None:
                continue
            blocked = blocked or _blocks(entry.object, owner.object["metadata"]["uid"])
            if "deletionTimestamp" not in entry.object["metadata"]:
                self._judge(kind, entry, _references(entry.object))
        if not blocked:
            self._release(owner, deleting.FOREGROUND)

    def _orphan(self, owner: entries.Entry) -> None:
        """Take the owner off its dependents, then let it go."""
        uid = owner.object["metadata"]["uid"]
        for key in sorted(self._dependents.get(uid, ())):
            entry = self._cluster.store.get(key)
            if entry is not None:
                self._keep_only(entry, [one for one in _references(entry.object) if one["uid"] != uid])
        self._release(owner, deleting.ORPHAN)

    def _release(self, owner: entries.Entry, finalizer: str) -> None:
        finalizers = owner.object["metadata"].get("finalizers") or []
        deleting.finish(self._cluster, owner, [one for one in finalizers if one != finalizer])

    def _keep_only(self, entry: entries.Entry, references: list[Reference]) -> None:
        def change(obj: Object) -> Object:
            metadata = {key: value for key, value in obj["metadata"].items() if key != "ownerReferences"}
            if references:
                metadata["ownerReferences"] = references
            return {**obj, "metadata": metadata}

        self._cluster.store.update(entry.key, change)

    def _delete(self, kind: KindInfo, entry: entries.Entry, policy: str) -> None:
        wanted = deleting.DeleteOptions(propagation=policy, uid=entry.object["metadata"]["uid"])
        deleting.delete(self._cluster, kind, entry.key.namespace, entry.key.name, wanted)


def _references(obj: Object) -> list[Reference]:
    return obj["metadata"].get("ownerReferences") or []


def _blocks(obj: Object, uid: str) -> bool:
    return any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in _references(obj))
