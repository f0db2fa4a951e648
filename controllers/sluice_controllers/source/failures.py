"""Git's errors as outcomes of a pass: Flux's reasons and texts, none of which holds a credential."""

from sluice import aio, git, runtime
from sluice.git import urls
from sluice_controllers.source.conditions import FETCH_FAILED, SOURCE_VERIFIED, STORAGE_OPERATION_FAILED

AUTHENTICATION_FAILED = "AuthenticationFailed"
GIT_OPERATION_FAILED = "GitOperationFailed"
URL_INVALID = "URLInvalid"
INVALID_PROVIDER_CONFIGURATION = "InvalidProviderConfiguration"
ARCHIVE_OPERATION_FAILED = "ArchiveOperationFailed"
UNSUPPORTED = "UnsupportedField"
"""Not Flux's: a field that this build does not obey yet must not be obeyed silently."""


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
        return _transient("EmptyGitRepository", "git repository is empty")
    if isinstance(error, git.MissingPathError):
        return _transient(GIT_OPERATION_FAILED, str(error))
    if isinstance(error, git.UnsupportedError):
        return runtime.Stalled(UNSUPPORTED, str(error), condition=FETCH_FAILED)
    return _transient(GIT_OPERATION_FAILED, f"failed to checkout and determine revision: {_cause(error, url, doing)}")


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
    return f"{doing} '{urls.shown(url)}': {error}"


def access(reason: str, message: str) -> runtime.Transient:
    """Credentials that cannot be had or used: the world may change, so it is tried again."""
    return _transient(reason, message)


def verifying(error: Exception) -> runtime.Transient:
    """The public keys cannot be had."""
    return runtime.Transient("VerificationError", f"public keys secret error: {error}", condition=SOURCE_VERIFIED)


def archiving(error: Exception) -> runtime.Transient:
    """The artifact could not be written."""
    text = f"unable to archive artifact to storage: {error}"
    return runtime.Transient(ARCHIVE_OPERATION_FAILED, text, condition=STORAGE_OPERATION_FAILED)


def including(error: Exception) -> runtime.Transient:
    """A part of another artifact could not be put in its place."""
    return runtime.Transient("CopyFailure", str(error), condition=STORAGE_OPERATION_FAILED)


def unsupported(message: str) -> runtime.Stalled:
    """A field that this build does not obey."""
    return runtime.Stalled(UNSUPPORTED, message, condition=FETCH_FAILED)


def _transient(reason: str, message: str) -> runtime.Transient:
    return runtime.Transient(reason, message, condition=FETCH_FAILED)
