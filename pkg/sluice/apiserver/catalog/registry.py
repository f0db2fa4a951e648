"""The kinds the server serves right now: the built-in ones, and those of CRDs as they come and go."""

from collections.abc import Iterable, Iterator

from sluice import schema
from sluice.apiserver import kinds


class Registry:
    """Lookups by path and by kind; `generation` changes whenever the set of kinds does, for caches above."""

    def __init__(self, builtin: Iterable[kinds.KindInfo]) -> None:
        self.generation = 0
        self._builtin = tuple(builtin)
        self._custom: dict[str, tuple[kinds.KindInfo, ...]] = {}
        self._by_path: dict[tuple[str, str, str], kinds.KindInfo] = {}
        self._by_gvk: dict[schema.GVK, kinds.KindInfo] = {}
        self._index()

    def __iter__(self) -> Iterator[kinds.KindInfo]:
        """Every kind, built-in ones first."""
        yield from self._builtin
        for name in sorted(self._custom):
            yield from self._custom[name]

    def at(self, group: str, version: str, plural: str) -> kinds.KindInfo | None:
        """The kind a path names."""
        return self._by_path.get((group, version, plural))

    def of(self, gvk: schema.GVK) -> kinds.KindInfo | None:
        """The kind an object names."""
        return self._by_gvk.get(gvk)

    def builtin(self, api_version: str, kind: str) -> kinds.KindInfo:
        """A kind that is always served."""
        return self._by_gvk[schema.GVK.of(api_version, kind)]

    def stored(self, collection: str) -> kinds.KindInfo | None:
        """The kind, in its storage version, of the objects of a store's collection."""
        return next((kind for kind in self if kind.collection == collection and kind.gvk == kind.storage), None)

    def has_version(self, group: str, version: str) -> bool:
        """Whether anything is served there."""
        return any(kind.group == group and kind.version == version for kind in self)

    def define(self, crd_name: str, versions: tuple[kinds.KindInfo, ...]) -> None:
        """Serve the versions of a CRD, in place of those it had."""
        self._custom[crd_name] = versions
        self._index()

    def withdraw(self, crd_name: str) -> tuple[kinds.KindInfo, ...]:
        """Serve the kinds of a CRD no more; returns what they were."""
        gone = self._custom.pop(crd_name, ())
        self._index()
        return gone

    def _index(self) -> None:
        self.generation += 1
        self._by_path = {(kind.group, kind.version, kind.plural): kind for kind in self}
        self._by_gvk = {kind.gvk: kind for kind in self}
