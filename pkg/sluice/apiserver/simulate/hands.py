"""What a simulated controller can do: read, create, write status, delete, and find what an object owns."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from sluice import schema
from sluice.apiserver import errors
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.simulate.options import Fate, Options, fate
from sluice.apiserver.storage import store, watches
from sluice.apiserver.storage.entries import Entry, Event, Key, Object
from sluice.apiserver.writes import deleting, writing

MANAGER: Final = "kube-controller-manager"
KUBELET: Final = "kubelet"


class Hands:
    """Reads and writes in one cluster, as kube-controller-manager or as a kubelet."""

    def __init__(self, cluster: Cluster, options: Options) -> None:
        self.cluster = cluster
        self.options = options
        self._owned = _Owned(cluster.store)
        self._seen: dict[str, float] = {}

    def now(self) -> str:
        """The time as objects carry it."""
        return self.cluster.now()

    def age(self, moment: str) -> float:
        """Seconds since a time that an object carries; such times are whole seconds."""
        return (self.cluster.clock.now() - datetime.fromisoformat(moment).astimezone(UTC)).total_seconds()

    def left(self, obj: Object, delay: float) -> float:
        """Seconds of a delay that are left, counted from the first time this was asked of the object.

        Not from its creation: times in objects are whole seconds, and delays are shorter than that.
        """
        now = self.cluster.clock.monotonic()
        return delay - (now - self._seen.setdefault(obj["metadata"]["uid"], now))

    def forget(self, obj: Object) -> None:
        """The object is gone."""
        self._seen.pop(obj["metadata"]["uid"], None)

    def kind(self, api_version: str, kind: str) -> KindInfo:
        """A built-in kind."""
        return self.cluster.registry.builtin(api_version, kind)

    def get(self, kind: KindInfo, namespace: str, name: str) -> Object | None:
        """The object in the kind's version."""
        try:
            return self.cluster.read(kind, namespace, name)
        except errors.StatusError:
            return None

    def owned(self, owner: Object, kind: str) -> list[Object]:
        """The objects of a kind that an object controls, oldest first, those being deleted included."""
        found = [entry.object for entry in self._owned.by(owner["metadata"]["uid"])]
        mine = [obj for obj in found if obj["kind"] == kind]
        return sorted(mine, key=lambda obj: (obj["metadata"]["creationTimestamp"], obj["metadata"]["name"]))

    def fate(self, obj: Object) -> Fate:
        """What is to become of an object, as it or its owners say."""
        return fate(self.options, self._chain(obj))

    def _chain(self, obj: Object) -> Iterator[Object]:
        current: Object | None = obj
        while current is not None:
            yield current
            reference = controller(current)
            if reference is None:
                return
            kind = self.cluster.registry.of(schema.GVK.of(reference["apiVersion"], reference["kind"]))
            namespace = current["metadata"].get("namespace", "")
            current = self.get(kind, namespace, reference["name"]) if kind is not None else None

    def create(self, kind: KindInfo, obj: Object, *, manager: str = MANAGER) -> Object | None:
        """Create an object; None when its namespace is going or gone, or the object is there already."""
        namespace = obj["metadata"].get("namespace", "")
        write = writing.Write.own(self.cluster, kind, manager, namespace=namespace)
        body = {"apiVersion": kind.api_version, "kind": kind.kind, **obj}
        try:
            return writing.create(write, body).object
        except errors.StatusError as error:
            if error.code in (403, 404, 409):
                return None
            raise

    def change(
        self,
        kind: KindInfo,
        obj: Object,
        change: Callable[[Object], Object],
        *,
        subresource: str = "",
        manager: str = MANAGER,
    ) -> Object:
        """Store what `change` makes of the object as it is now; returns it, unchanged when it has gone meanwhile."""
        namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        write = writing.Write.own(self.cluster, kind, manager, namespace=namespace, name=name, subresource=subresource)
        try:
            return writing.update(write, change).object
        except errors.StatusError as error:
            if error.code == 404:
                return obj
            raise

    def report(self, kind: KindInfo, obj: Object, status: Object, *, manager: str = MANAGER) -> None:
        """Write a status, if it differs."""
        if obj.get("status") != status:
            self.change(kind, obj, lambda live: {**live, "status": status}, subresource="status", manager=manager)

    def delete(self, kind: KindInfo, obj: Object, *, grace: int | None = None) -> None:
        """Delete an object; `grace` 0 does so at once."""
        metadata = obj["metadata"]
        wanted = deleting.DeleteOptions(grace=grace, propagation="Background", uid=metadata["uid"])
        try:
            deleting.delete(self.cluster, kind, metadata.get("namespace", ""), metadata["name"], wanted)
        except errors.StatusError as error:
            if error.code not in (404, 409):
                raise


def controller(obj: Object) -> Object | None:
    """The reference to the owner that controls an object."""
    references = obj["metadata"].get("ownerReferences") or ()
    return next((one for one in references if one.get("controller")), None)


def reference(owner: Object) -> Object:
    """What an object that is controlled carries."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def deleted(obj: Object) -> bool:
    """Whether an object is on its way out."""
    return "deletionTimestamp" in obj["metadata"]


class _Owned:
    """Which objects a controller controls; always as the store is."""

    def __init__(self, source: store.Store) -> None:
        self._store = source
        self._keys: dict[str, dict[Key, None]] = {}
        self._watch: watches.Watch | None = None

    def by(self, uid: str) -> Iterator[Entry]:
        """The entries controlled by the object of this uid."""
        self._follow()
        for key in tuple(self._keys.get(uid, ())):
            entry = self._store.get(key)
            if entry is not None:
                yield entry

    def _follow(self) -> None:
        if self._watch is not None and not self._watch.ended:
            return
        self._keys = {}
        for resource in self._store.resources():
            for entry in self._store.list(resource).entries:
                self._put(entry.key, entry.object)
        # Taken in as they are offered: nothing is queued, and what was just written is known at once.
        self._watch = self._store.watch(store.EVERYTHING, accept=self._take)

    def _take(self, event: Event) -> None:
        if event.previous is not None:
            owner = controller(event.previous.object)
            if owner is not None:
                self._keys.get(owner["uid"], {}).pop(event.entry.key, None)
        if event.type != "DELETED":
            self._put(event.entry.key, event.entry.object)

    def _put(self, key: Key, obj: Object) -> None:
        owner = controller(obj)
        if owner is not None:
            self._keys.setdefault(owner["uid"], {})[key] = None
