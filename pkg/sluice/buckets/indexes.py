"""What belongs to an artifact, and the revision that it has: exactly as Flux computes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluice.archive import sourceignore
from sluice.archive.sourceignore import Rule, SourceIgnore
from sluice.buckets.errors import LimitError
from sluice.buckets.listing import Limits
from sluice.buckets.objects import Listed

IGNORE = sourceignore.FILE_NAME


@dataclass(frozen=True, kw_only=True)
class Index:
    """Objects by key, sorted, and what stands for all of them."""

    objects: Mapping[str, Listed]
    revision: str

    @property
    def size(self) -> int:
        """Bytes of all objects, as they were listed."""
        return sum(each.size for each in self.objects.values())


def index(listed: Iterable[Listed], rules: Iterable[Rule]) -> Index:
    """The objects that no rule leaves out. Directories, and the file of rules, are none.

    Of two with the same key the later one counts. Takes its time with many: not for the event loop.
    """
    ignored = SourceIgnore(tuple(rules))
    kept = {
        each.key: each
        for each in listed
        if not each.key.endswith("/") and each.key != IGNORE and not ignored(tuple(each.key.split("/")), False)
    }
    # In the order of the keys' bytes, which is that of their code points.
    return _of({key: kept[key] for key in sorted(kept)})


def amended(before: Index, changes: Mapping[str, Listed | None]) -> Index:
    """The index with objects that have changed since it was made, or are gone (None)."""
    found = {key: changes.get(key, each) for key, each in before.objects.items()}
    return _of({key: each for key, each in found.items() if each is not None})


def check(found: Index, limits: Limits) -> None:
    """Raise LimitError when the objects are larger than they may be."""
    if found.size > limits.size:
        raise LimitError(f"the objects take {found.size} bytes, more than the {limits.size} that they may")


def _of(objects: Mapping[str, Listed]) -> Index:
    digest = hashlib.sha256()
    for key, each in objects.items():
        digest.update(f"{key} {each.etag}\n".encode())
    return Index(objects=objects, revision=f"sha256:{digest.hexdigest()}")
