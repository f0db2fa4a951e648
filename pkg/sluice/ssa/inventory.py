"""The inventory: which objects a Kustomization owns, as its status remembers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice import kube
from sluice.ssa import identities, ordering


@dataclass(frozen=True)
class Inventory:
    """Object identities with the version they were applied at, in apply order, each once."""

    versions: Mapping[identities.Identity, str]

    @classmethod
    def of(cls, refs: Iterable[kube.ObjectRef]) -> Inventory:
        """The inventory of these objects; the first mention of an object counts."""
        versions: dict[identities.Identity, str] = {}
        for ref in refs:
            versions.setdefault(identities.Identity.of_ref(ref), ref.version)
        return cls(versions)

    @classmethod
    def from_status(cls, status: Mapping[str, Any] | None) -> Inventory:
        """Read `status.inventory`; absent means empty. Entries that cannot be read name nothing: see `unreadable`."""
        spoilt = set(cls.unreadable(status))
        entries = [entry for entry in (status or {}).get("entries") or [] if entry.get("id") not in spoilt]
        return cls({identities.Identity.parse(entry["id"]): entry.get("v") or "" for entry in entries})

    @staticmethod
    def unreadable(status: Mapping[str, Any] | None) -> list[str]:
        """The ids of `status.inventory` that cannot be read: only a person can have written them."""
        ids = [str(entry.get("id")) for entry in (status or {}).get("entries") or []]
        return [spelled for spelled in ids if not identities.is_readable(spelled)]

    def to_status(self) -> dict[str, Any]:
        """`status.inventory` as Flux writes it."""
        entries = [{"id": identity.spelled, "v": version} for identity, version in self.versions.items()]
        return {"entries": entries}

    def without(self, other: Inventory) -> list[kube.ObjectRef]:
        """The objects that `other` does not have, in apply order, whatever their versions."""
        # Compared as they are spelled: `a__b` and `a:b` are spelled alike, and read back as the latter.
        kept = {identity.spelled for identity in other.versions}
        stale = [identity for identity in self.versions if identity.spelled not in kept]
        return [identity.at(self.versions[identity]) for identity in sorted(stale, key=ordering.key)]

    def plus(self, refs: Iterable[kube.ObjectRef]) -> Inventory:
        """This inventory followed by the objects that it lacks."""
        return Inventory.of([*self, *refs])

    def __iter__(self) -> Iterator[kube.ObjectRef]:
        return (identity.at(version) for identity, version in self.versions.items())

    def __len__(self) -> int:
        return len(self.versions)

    def __contains__(self, identity: object) -> bool:
        return identity in self.versions
