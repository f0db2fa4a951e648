"""The store: every object of the cluster, under one revision counter.

One event loop owns it and no method waits, so each call is atomic: a list and a watch begun in the same
breath miss nothing, and `update` needs no retry. The rules of Kubernetes (validation, generation,
finalizers…) are not known here.

    entry = store.create(Key("configmaps", "default", "a"), obj)     # ExistsError
    entry = store.update(entry.key, lambda obj: {**obj, "x": 1})     # MissingError; the same: no new revision
    store.delete(entry.key)                                          # MissingError
    watch = store.watch("configmaps", since=entry.revision)          # ExpiredError
    async for event in watch: ...
"""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.apiserver.storage import entries, holdings, journal, watches
from sluice.apiserver.storage.entries import Entry, Event, EventType, Key, Object

EVERYTHING = ""
"""The resource name under which `watch` follows all resources at once."""


class StoreError(Exception):
    """MissingError, ExistsError, ExpiredError."""


class MissingError(StoreError):
    """There is no object under this key."""


class ExistsError(StoreError):
    """There is an object under this key already."""


class ExpiredError(StoreError):
    """History no longer covers the revision."""

    def __init__(self, revision: int, floor: int) -> None:
        super().__init__(f"too old resource version: {revision} ({floor})")
        self.revision = revision
        self.floor = floor


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Entries, and the revision at which they were all true."""

    entries: list[Entry]
    revision: int


class Store:
    """All objects; `window` is how many events of history each resource keeps."""

    def __init__(self, log: journal.Journal | None = None, *, window: int = 10_000) -> None:
        self._journal = log or journal.MemoryJournal()
        self._window = window
        self._collections: dict[str, holdings.Collection] = {}
        self._followers: set[watches.Watch] = set()
        self._listeners: dict[str, list[Callable[[Event], None]]] = {}
        self.revision, loaded = self._journal.load()
        self._floor = self.revision
        for entry in loaded:
            self._collection(entry.key.resource).load(entry)

    def get(self, key: Key) -> Entry | None:
        """The current entry."""
        return self._collection(key.resource).find(key.namespace, key.name)

    def list(self, resource: str, namespace: str = "", *, revision: int | None = None) -> Listing:
        """Every entry of a resource (and namespace), now or as of an earlier revision (ExpiredError)."""
        found = self._collection(resource)
        if revision is None or revision >= self.revision:
            return Listing(entries=found.current(namespace), revision=self.revision)
        if revision < found.floor:
            raise ExpiredError(revision, found.floor)
        return Listing(entries=found.at(revision, namespace), revision=revision)

    def count(self, resource: str) -> int:
        """How many objects of the resource there are."""
        return self._collection(resource).count()

    def resources(self) -> tuple[str, ...]:
        """The resources that have or had objects since the start."""
        return tuple(self._collections)

    def create(self, key: Key, obj: Object) -> Entry:
        """Store a new object under the next revision."""
        if self.get(key) is not None:
            raise ExistsError(str(key))
        return self._commit("ADDED", key, obj, None)

    def update(self, key: Key, change: Callable[[Object], Object]) -> Entry:
        """Store what `change` makes of the object; an equal result writes nothing and wakes nobody."""
        current = self.get(key)
        if current is None:
            raise MissingError(str(key))
        changed = change(current.object)
        if changed == current.object:
            return current
        return self._commit("MODIFIED", key, changed, current)

    def delete(self, key: Key) -> Entry:
        """Remove the object; the entry returned is its last state under the deletion's revision."""
        current = self.get(key)
        if current is None:
            raise MissingError(str(key))
        return self._commit("DELETED", key, current.object, current)

    def watch(
        self,
        resource: str,
        namespace: str = "",
        *,
        since: int | None = None,
        accept: watches.Accept | None = None,
        limit: int = 10_000,
    ) -> watches.Watch:
        """Events after `since` (default: from now on), see `watches.Watch`.

        ExpiredError when history is too short. With the resource `EVERYTHING` the watch follows all
        resources, from now on only.
        """
        watch = watches.Watch(
            self, resource=resource, namespace=namespace, since=since or 0, accept=accept, limit=limit
        )
        if resource == EVERYTHING:
            self._followers.add(watch)
            return watch
        found = self._collection(resource)
        if since is not None:
            if since < found.floor:
                raise ExpiredError(since, found.floor)
            watch.replay(found.since(since, namespace))
        found.join(watch)
        return watch

    def on_change(self, resource: str, listener: Callable[[Event], None]) -> None:
        """Call the listener within every write of the resource, after it is stored and before watchers see it."""
        self._listeners.setdefault(resource, []).append(listener)

    def forget(self, watch: watches.Watch) -> None:
        """Send this watch nothing more; `Watch.close` calls it."""
        self._followers.discard(watch)
        if watch.resource in self._collections:
            self._collections[watch.resource].forget(watch)

    def compact(self, revision: int | None = None) -> None:
        """Forget history up to a revision (default: all of it), as etcd's compaction does."""
        upto = self.revision if revision is None else revision
        self._floor = max(self._floor, upto)
        for collection in self._collections.values():
            collection.compact(upto)

    def end_watches(self, resource: str = EVERYTHING) -> None:
        """Close the watches of one resource, or all."""
        for name, collection in self._collections.items():
            if resource in (EVERYTHING, name):
                collection.end_watches()
        if resource == EVERYTHING:
            for watch in tuple(self._followers):
                watch.close()

    def close(self) -> None:
        """End all watches and let go of the file."""
        self.end_watches()
        self._journal.close()

    def _collection(self, resource: str) -> holdings.Collection:
        found = self._collections.get(resource)
        if found is None:
            found = self._collections[resource] = holdings.Collection(window=self._window, floor=self._floor)
        return found

    def _commit(self, kind: EventType, key: Key, obj: Object, previous: Entry | None) -> Entry:
        revision = self.revision + 1
        entry = Entry(key, entries.with_revision(obj, revision), revision)
        event = Event(kind, entry, previous, revision)
        # The journal first: what cannot be made durable has not happened, and nobody has been told.
        self._journal.write(event)
        self.revision = revision
        self._collection(key.resource).record(event, then=self._listeners.get(key.resource, ()))
        for watch in tuple(self._followers):
            watch.offer(event)
        return entry
