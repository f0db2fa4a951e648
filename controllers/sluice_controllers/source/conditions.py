"""Condition types of sources and how Ready is made of them: Flux's."""

from typing import Any, Final

from sluice import runtime
from sluice_api.meta import names

STORAGE_OPERATION_FAILED: Final = "StorageOperationFailed"
FETCH_FAILED: Final = "FetchFailed"
INCLUDE_UNAVAILABLE: Final = "IncludeUnavailable"
BUILD_FAILED: Final = "BuildFailed"
ARTIFACT_OUTDATED: Final = "ArtifactOutdated"
ARTIFACT_IN_STORAGE: Final = "ArtifactInStorage"
SOURCE_VERIFIED: Final = "SourceVerified"


def policy(*failures: str, verifies: bool = False) -> runtime.ConditionPolicy:
    """Of a kind that can fail in these ways, in the order in which they decide, and may verify signatures."""
    negative = (*failures, ARTIFACT_OUTDATED)
    verified = (SOURCE_VERIFIED,) if verifies else ()
    own = (*negative, ARTIFACT_IN_STORAGE, *verified)
    return runtime.ConditionPolicy(
        auxiliary=own,
        negative=frozenset(negative),
        summary=(*own, names.STALLED, names.RECONCILING),
        decisive=verified,
        opening=True,
        pending="building artifact",
    )


def has_failed(status: dict[str, Any], *failures: str) -> bool:
    """Whether the last pass ended in one of these failures: recovering from them is news."""
    return any(each["type"] in failures and each["status"] == "True" for each in status.get("conditions") or ())


def stored_message(revision: str) -> str:
    """What ArtifactInStorage, and so Ready, says of a stored revision."""
    return f"stored artifact for revision '{revision}'"
