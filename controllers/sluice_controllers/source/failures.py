"""What every kind of source can fail of, as outcomes of a pass: Flux's reasons and texts; none holds a secret."""

from typing import Final

from sluice import artifact, runtime
from sluice_controllers.source.conditions import FETCH_FAILED, STORAGE_OPERATION_FAILED

AUTHENTICATION_FAILED: Final = "AuthenticationFailed"
URL_INVALID: Final = "URLInvalid"
ARCHIVE_OPERATION_FAILED: Final = "ArchiveOperationFailed"


def fetching(reason: str, message: str) -> runtime.Transient:
    """What is wanted cannot be had, or not be logged in for: the world may change, so it is tried again."""
    return runtime.Transient(reason, message, condition=FETCH_FAILED)


def refused(reason: str, message: str) -> runtime.Stalled:
    """A specification that can lead to nothing until it changes."""
    return runtime.Stalled(reason, message, condition=FETCH_FAILED)


def archiving(error: Exception) -> runtime.Transient:
    """The artifact could not be written."""
    text = f"unable to archive artifact to storage: {artifact.cause(error)}"
    return runtime.Transient(ARCHIVE_OPERATION_FAILED, text, condition=STORAGE_OPERATION_FAILED)
