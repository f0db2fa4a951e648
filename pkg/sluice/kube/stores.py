"""What an informer knows: objects by name, and by whatever indexes were asked for."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator

from sluice.kube.objects import Object

Key = tuple[str, str]
"""Namespace ("" for cluster-scoped) and name."""
IndexFunction = Callable[[Object], Iterable[str]]
"""The index keys of an object: none, one or several."""


def key_of(obj: Object) -> Key:
    """The key an object is stored under."""
    meta = obj["metadata"]
    return meta.get("namespace") or "", meta["name"]


class Store:
    """The objects an informer holds. Only the informer writes; readers must not mutate what they get."""

    def __init__(self) -> None:
        self._objects: dict[Key, Object] = {}
        self._functions: dict[str, IndexFunction] = {}
        self._indexes: dict[str, dict[str, dict[Key, None]]] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[Object]:
        return iter(tuple(self._objects.values()))

    def __contains__(self, key: object) -> bool:
        return key in self._objects

    def get(self, namespace: str, name: str) -> Object | None:
        """The object, None if there is none."""
        return self._objects.get((namespace, name))

    def list(self, namespace: str = "") -> list[Object]:
        """Every object, or those of one namespace, in no promised order."""
        return [obj for (ns, _), obj in self._objects.items() if not namespace or ns == namespace]

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Keep an index from now on; it covers what is stored already. A name is given once."""
        if name in self._functions:
            raise ValueError(f"index {name!r} exists")
        self._functions[name] = function
        self._indexes[name] = {}
        for key, obj in self._objects.items():
            self._index(name, key, obj)

    def by_index(self, name: str, key: str) -> builtins.list[Object]:
        """The objects whose index function gave `key`, oldest entry first."""
        return [self._objects[found] for found in self._indexes[name].get(key, ())]

    def put(self, obj: Object) -> Object | None:
        """Store an object and return the one it replaces."""
        key = key_of(obj)
        old = self.drop(key)
        self._objects[key] = obj
        for name in self._functions:
            self._index(name, key, obj)
        return old

    def drop(self, key: Key) -> Object | None:
        """Forget an object and return it."""
        old = self._objects.pop(key, None)
        if old is not None:
            for name, function in self._functions.items():
                for entry in function(old):
                    self._unindex(name, entry, key)
        return old

    def keys(self) -> frozenset[Key]:
        """The keys of everything stored."""
        return frozenset(self._objects)

    def _index(self, name: str, key: Key, obj: Object) -> None:
        for entry in self._functions[name](obj):
            self._indexes[name].setdefault(entry, {})[key] = None

    def _unindex(self, name: str, entry: str, key: Key) -> None:
        members = self._indexes[name].get(entry)
        if members is not None:
            members.pop(key, None)
            if not members:
                del self._indexes[name][entry]
