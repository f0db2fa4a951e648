"""The cluster as the server's parts share it: its objects, the kinds it serves, its clock."""

from dataclasses import dataclass, field
from datetime import datetime

from sluice import aio
from sluice.apiserver import errors
from sluice.apiserver.catalog import conversion, registry
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage import entries, store
from sluice.apiserver.storage.entries import Key, Object


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Passed to whatever reads or writes objects inside the server, controllers included."""

    store: store.Store
    registry: registry.Registry
    clock: aio.Clock = field(default_factory=aio.SystemClock)

    def now(self) -> str:
        """The time as objects carry it, to the second."""
        return timestamp(self.clock.now())

    def key(self, kind: KindInfo, namespace: str, name: str) -> Key:
        """Where the object is stored."""
        return Key(kind.collection, namespace if kind.namespaced else "", name)

    def find(self, kind: KindInfo, namespace: str, name: str) -> entries.Entry:
        """The entry as stored; not_found."""
        found = self.store.get(self.key(kind, namespace, name))
        if found is None:
            raise errors.not_found(kind, name)
        return found

    def read(self, kind: KindInfo, namespace: str, name: str) -> Object:
        """The object in the version of `kind`; not_found."""
        return conversion.from_storage(kind, self.find(kind, namespace, name).object)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second, as metav1.Time is written."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
