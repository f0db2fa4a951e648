"""What a HelmRepository can fail of, as outcomes of a pass: Flux's reasons and texts."""

from sluice import aio, runtime, web
from sluice_api.meta import names
from sluice_controllers.source import failures

INDEXATION_FAILED = "IndexationFailed"


def url(text: str) -> runtime.Stalled:
    """The address cannot be one of a repository."""
    return failures.refused(failures.URL_INVALID, f"invalid Helm repository URL: {text}")


def fetching(error: Exception, index: str, *, limit: int) -> runtime.Transient:
    """The index, at that address, cannot be had."""
    return failures.fetching(
        names.FAILED,
        "failed to fetch Helm repository index: failed to cache index to temporary file: "
        + cause(error, index, what="index", limit=limit),
    )


def cause(error: Exception, address: str, *, what: str, limit: int) -> str:
    """Why something of a repository cannot be had, as Helm tells it."""
    if isinstance(error, web.StatusError):
        return f"failed to fetch {web.shown(address)} : {error.status} {error.reason}".rstrip()
    if isinstance(error, web.TooLargeError):
        return f"{what} exceeds the maximum {what} file size of {limit} bytes"
    if isinstance(error, (TimeoutError, web.DeadlineError)):
        return f'Get "{web.shown(address)}": context deadline exceeded'
    return str(error)


def indexing(error: Exception) -> runtime.Transient:
    """The index is none."""
    text = str(error)
    if isinstance(error, aio.WorkerTimeout):
        text = "it takes too long to read"
    elif isinstance(error, aio.WorkerOutOfMemory):
        text = "it takes more memory than a worker may use"
    told = f"failed to load Helm repository from index YAML: failed to load index: {text}"
    return failures.fetching(INDEXATION_FAILED, told)
