"""Git's errors as outcomes of a pass: Flux's reasons and texts, none of which holds a credential."""

from sluice import aio, git, runtime, web
from sluice_controllers.source import failures
from sluice_controllers.source.conditions import SOURCE_VERIFIED, STORAGE_OPERATION_FAILED

GIT_OPERATION_FAILED = "GitOperationFailed"
INVALID_PROVIDER_CONFIGURATION = "InvalidProviderConfiguration"

_UNVERIFIED = {
    git.UnsignedTagError: "InvalidGitObject",
    git.TagSignatureError: "InvalidTagSignature",
    git.CommitSignatureError: "InvalidCommitSignature",
}


def fetching(error: Exception, url: str, *, doing: str = "unable to clone") -> runtime.OutcomeError:
    """What a failed listing, fetch or verification means for the object."""
    if isinstance(error, git.NoTagError):
        return runtime.Stalled("InvalidVerificationMode", str(error), condition=SOURCE_VERIFIED)
    if isinstance(error, git.UnverifiedError):
        return runtime.Transient(_UNVERIFIED[type(error)], str(error), condition=SOURCE_VERIFIED)
    if isinstance(error, git.EmptyRepositoryError):
        return failures.fetching("EmptyGitRepository", "git repository is empty")
    if isinstance(error, git.MissingPathError):
        return failures.fetching(GIT_OPERATION_FAILED, str(error))
    text = f"failed to checkout and determine revision: {_cause(error, url, doing)}"
    return failures.fetching(GIT_OPERATION_FAILED, text)


def _cause(error: Exception, url: str, doing: str) -> str:
    if isinstance(error, git.ReferenceNotFoundError):
        doing = "unable to clone"
    elif isinstance(error, (git.UnresolvedError, git.CredentialsError)):
        # These texts stand alone: nothing was asked of the server, or it had nothing to do with the failure.
        return str(error)
    elif isinstance(error, (TimeoutError, aio.WorkerTimeout)):
        error = git.DeadlineError()
    elif isinstance(error, aio.WorkerOutOfMemory):
        error = git.TooLargeError("the repository takes more memory than a worker may use")
    return f"{doing} '{web.shown(url)}': {error}"


def verifying(error: Exception) -> runtime.Transient:
    """The public keys cannot be had."""
    return runtime.Transient("VerificationError", f"public keys secret error: {error}", condition=SOURCE_VERIFIED)


def including(error: Exception) -> runtime.Transient:
    """A part of another artifact could not be put in its place."""
    return runtime.Transient("CopyFailure", str(error), condition=STORAGE_OPERATION_FAILED)
