"""What goes wrong with buckets, as outcomes of a pass: Flux's reasons and texts, none of which holds a credential."""

from typing import Final

from sluice import aio, runtime, web
from sluice.buckets import transfers
from sluice.buckets.errors import NoBucketError
from sluice.buckets.listing import FirstPageError
from sluice_controllers.source import failures
from sluice_controllers.source.bucket.fetching import ObjectError

BUCKET_OPERATION_FAILED: Final = "BucketOperationFailed"
INVALID_STS: Final = "InvalidSTSConfiguration"


def listing(error: Exception, bucket: str) -> runtime.OutcomeError:
    """The objects could not be listed."""
    if isinstance(error, FirstPageError):
        cause = error.__cause__ or error
        if isinstance(cause, NoBucketError):
            return _operation(f"bucket '{bucket}' not found")
        return _of(cause, f"failed to confirm existence of '{bucket}' bucket")
    return _of(
        error, f"indexation of objects from bucket '{bucket}' failed: listing objects from bucket '{bucket}' failed"
    )


def ignoring(error: Exception) -> runtime.OutcomeError:
    """The file of ignore rules could not be read."""
    return _of(error, "failed to get Etag for '.sourceignore' object")


def indexing(error: Exception, bucket: str) -> runtime.OutcomeError:
    """The objects cannot be those of an artifact."""
    return _of(error, f"indexation of objects from bucket '{bucket}' failed")


def fetching(error: Exception, bucket: str) -> runtime.OutcomeError:
    """An object could not be fetched, or not be a file."""
    doing = f"fetch from bucket '{bucket}' failed"
    if isinstance(error, ObjectError):
        return _of(error.__cause__ or error, f"{doing}: failed to get '{error.key}' object")
    return _of(error, doing)


def packing(error: Exception) -> runtime.OutcomeError:
    """The artifact could not be made."""
    if isinstance(error, aio.WorkerTimeout):
        error = web.DeadlineError()
    return failures.archiving(error)


def _of(error: BaseException, doing: str) -> runtime.OutcomeError:
    if isinstance(error, web.TLSError):
        return failures.fetching(failures.AUTHENTICATION_FAILED, f"failed to get TLS config: {error}")
    text = "context deadline exceeded" if isinstance(error, TimeoutError) else str(error)
    return _operation(f"{doing}: {text}")


def _operation(text: str) -> runtime.Transient:
    return failures.fetching(BUCKET_OPERATION_FAILED, transfers.unqueried(text))
