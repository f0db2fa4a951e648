"""Has anything that matters changed? Two digests that answer it without asking the server.

The live fingerprint is made of metadata alone, so a metadata-only watch keeps it current. That is enough because the
server keeps the books: any change that others make to a field of ours, a label or an annotation too, takes that field
out of our `managedFields` entry. What others add for themselves leaves no trace in it, such as a status or the
revision that a Deployment's controller notes in an annotation; a change of spec does, as it moves `generation`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

import orjson

from sluice.ssa import controls, takeover

DesiredDigest = NewType("DesiredDigest", str)

_SORTED = orjson.OPT_SORT_KEYS


def of_desired(desired: Mapping[str, Any]) -> DesiredDigest:
    """Digest of what is to be applied."""
    return DesiredDigest(_digest(desired))


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """The state of a live object as far as it concerns whoever applies it."""

    uid: str
    generation: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Fingerprinter:
    """Takes fingerprints for one field manager."""

    manager: str
    displaced: tuple[takeover.Displaced, ...]
    """The managers whose fields it takes over: what they do to an object concerns it too."""

    def of(self, live: Mapping[str, Any]) -> Fingerprint:
        """Fingerprint of a live object, or of its metadata alone (`PartialObjectMetadata`)."""
        meta = live["metadata"]
        entries = [entry for entry in meta.get("managedFields") or [] if self._concerns(entry)]
        parts = [entries, controls.switches(live), meta.get("deletionTimestamp")]
        return Fingerprint(uid=meta.get("uid") or "", generation=meta.get("generation") or 0, digest=_digest(parts))

    def _concerns(self, entry: Mapping[str, Any]) -> bool:
        if entry.get("manager") == self.manager and not entry.get("subresource"):
            return True
        return any(one.matches(entry) for one in self.displaced)


def older(left: Mapping[str, Any], right: str) -> bool:
    """Whether an object is of an earlier resourceVersion than `right`: what a watch has yet to catch up with.

    Kubernetes declares resourceVersions comparable as integers from 1.35 on (KEP-5504), and etcd's always
    were.
    """
    version = (left.get("metadata") or {}).get("resourceVersion") or ""
    return version.isdecimal() and right.isdecimal() and int(version) < int(right)


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=_SORTED)).hexdigest()
