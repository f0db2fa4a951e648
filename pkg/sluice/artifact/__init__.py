"""Artifacts: storing them, serving them, and fetching them with their digest checked.

- `Storage` lays files out as Flux does, replaces them atomically, and cleans up after them;
- `application` serves a storage; whoever runs it decides when (only the leader does);
- `fetch` and `download` are the consumers' side.

Knows nothing of Git, of reconciling or of the cluster.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.artifact.digests import ALGORITHMS, DEFAULT_ALGORITHM, Digest
from sluice.artifact.errors import (
    ArtifactError,
    DigestError,
    DigestMismatchError,
    DownloadError,
    NotPermittedError,
    NotReadyError,
    TooLargeError,
    UnsafePathError,
    cause,
)
from sluice.artifact.placing import discard
from sluice.artifact.retention import Retention

if TYPE_CHECKING:
    from sluice.artifact.fetching import download, fetch
    from sluice.artifact.serving import application
    from sluice.artifact.storage import Draft, Storage
else:
    # Worker processes need digests alone: neither HTTP nor the API types are imported before they are used.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "Draft": "storage",
            "Storage": "storage",
            "application": "serving",
            "download": "fetching",
            "fetch": "fetching",
        },
    )

__all__ = [
    "ALGORITHMS",
    "DEFAULT_ALGORITHM",
    "ArtifactError",
    "Digest",
    "DigestError",
    "DigestMismatchError",
    "DownloadError",
    "Draft",
    "NotPermittedError",
    "NotReadyError",
    "Retention",
    "Storage",
    "TooLargeError",
    "UnsafePathError",
    "application",
    "cause",
    "discard",
    "download",
    "fetch",
]
