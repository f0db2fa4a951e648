"""Artifacts: storing them, serving them, and fetching them with their digest checked.

- `Storage` lays files out as Flux does, replaces them atomically, and cleans up after them;
- `application` serves a storage; whoever runs it decides when (only the leader does);
- `fetch` and `download` are the consumers' side.

Knows nothing of Git, of reconciling or of the cluster.
"""

from sluice.artifact.digests import ALGORITHMS, DEFAULT_ALGORITHM, Digest
from sluice.artifact.errors import (
    ArtifactError,
    DigestError,
    DigestMismatchError,
    DownloadError,
    NotReadyError,
    TooLargeError,
    UnsafePathError,
)
from sluice.artifact.fetching import download, fetch
from sluice.artifact.retention import Retention
from sluice.artifact.serving import application
from sluice.artifact.storage import Draft, Storage

__all__ = [
    "ALGORITHMS",
    "DEFAULT_ALGORITHM",
    "ArtifactError",
    "Digest",
    "DigestError",
    "DigestMismatchError",
    "DownloadError",
    "Draft",
    "NotReadyError",
    "Retention",
    "Storage",
    "TooLargeError",
    "UnsafePathError",
    "application",
    "download",
    "fetch",
]
