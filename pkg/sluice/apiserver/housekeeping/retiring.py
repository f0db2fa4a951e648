"""Deleted CRDs: their objects go first, then the definition itself."""

from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import following
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Key
from sluice.apiserver.writes import defining, deleting


class Retiring:
    """The custom resource cleanup of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._leaving: set[str] = set()
        for entry in cluster.store.list(defining.COLLECTION).entries:
            self._note(entry)

    async def run(self) -> None:
        """Clean up until the store closes."""
        await following.follow(self._cluster, self._take, self._settle)

    def _take(self, event: entries.Event) -> None:
        if event.entry.key.resource == defining.COLLECTION:
            self._note(event.entry)

    def _note(self, entry: entries.Entry) -> None:
        if deleting.CLEANUP in (entry.object["metadata"].get("finalizers") or []):
            self._leaving.add(entry.key.name)

    def _settle(self) -> None:
        for name in tuple(self._leaving):
            found = self._cluster.store.get(Key(defining.COLLECTION, "", name))
            if found is None or "deletionTimestamp" not in found.object["metadata"]:
                self._leaving.discard(name)
            elif not self._emptied(found):
                continue
            else:
                self._leaving.discard(name)
                finalizers = found.object["metadata"].get("finalizers") or []
                deleting.finish(self._cluster, found, [one for one in finalizers if one != deleting.CLEANUP])

    def _emptied(self, found: entries.Entry) -> bool:
        collection = found.key.name
        kind = self._kind(found)
        for entry in self._cluster.store.list(collection).entries:
            if kind is not None and "deletionTimestamp" not in entry.object["metadata"]:
                wanted = deleting.DeleteOptions(propagation="Background")
                deleting.delete(self._cluster, kind, entry.key.namespace, entry.key.name, wanted)
        return kind is None or not self._cluster.store.count(collection)

    def _kind(self, found: entries.Entry) -> KindInfo | None:
        return self._cluster.registry.stored(found.key.name)
