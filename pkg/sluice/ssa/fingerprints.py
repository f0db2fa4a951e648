"""Has anything that matters changed? Two digests that answer it without asking the server.

The live fingerprint is made of metadata alone, so a metadata-only watch keeps it current. That is enough
because the server keeps the books: any change that others make to a field of ours takes that field out of our
`managedFields` entry, a change of spec moves `generation`, and labels and annotations are compared
themselves. Changes of status leave no trace in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

import orjson

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

    @classmethod
    def of(cls, live: Mapping[str, Any]) -> Fingerprint:
        """Fingerprint of a live object, or of its metadata alone (`PartialObjectMetadata`)."""
        meta = live["metadata"]
        entries = [entry for entry in meta.get("managedFields") or [] if entry.get("subresource") != "status"]
        deleted = meta.get("deletionTimestamp")
        parts = [meta.get("labels") or {}, meta.get("annotations") or {}, entries, deleted]
        return cls(uid=meta.get("uid") or "", generation=meta.get("generation") or 0, digest=_digest(parts))


def older(left: Mapping[str, Any], right: str) -> bool:
    """Whether an object is of an earlier resourceVersion than `right`: what a watch has yet to catch up with.

    Kubernetes declares resourceVersions comparable as integers from 1.35 on (KEP-5504), and etcd's always
    were.
    """
    version = (left.get("metadata") or {}).get("resourceVersion") or ""
    return version.isdecimal() and right.isdecimal() and int(version) < int(right)


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=_SORTED)).hexdigest()
