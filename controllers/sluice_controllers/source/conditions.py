"""Condition types, reasons and their order for GitRepositories: Flux's."""

from typing import Final

from sluice import runtime
from sluice_api.meta import names

STORAGE_OPERATION_FAILED: Final = "StorageOperationFailed"
FETCH_FAILED: Final = "FetchFailed"
INCLUDE_UNAVAILABLE: Final = "IncludeUnavailable"
ARTIFACT_OUTDATED: Final = "ArtifactOutdated"
ARTIFACT_IN_STORAGE: Final = "ArtifactInStorage"
SOURCE_VERIFIED: Final = "SourceVerified"

FAILURES: Final = (FETCH_FAILED, INCLUDE_UNAVAILABLE, STORAGE_OPERATION_FAILED)
"""Recovering from one of these is news."""

POLICY: Final = runtime.ConditionPolicy(
    auxiliary=(
        STORAGE_OPERATION_FAILED,
        FETCH_FAILED,
        INCLUDE_UNAVAILABLE,
        ARTIFACT_OUTDATED,
        ARTIFACT_IN_STORAGE,
        SOURCE_VERIFIED,
    ),
    negative=frozenset((STORAGE_OPERATION_FAILED, FETCH_FAILED, INCLUDE_UNAVAILABLE, ARTIFACT_OUTDATED)),
    summary=(
        STORAGE_OPERATION_FAILED,
        FETCH_FAILED,
        INCLUDE_UNAVAILABLE,
        ARTIFACT_OUTDATED,
        ARTIFACT_IN_STORAGE,
        SOURCE_VERIFIED,
        names.STALLED,
        names.RECONCILING,
    ),
    decisive=(SOURCE_VERIFIED,),
    opening=True,
    pending="building artifact",
)


def stored_message(revision: str) -> str:
    """What ArtifactInStorage, and so Ready, says of a stored revision."""
    return f"stored artifact for revision '{revision}'"
