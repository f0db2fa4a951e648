"""What can go wrong with Git. Messages are Flux's where Flux has one; none holds a credential.

GitError                     (all travel between processes: one message, nothing else)
├── RemoteError              the server could not be reached, or refused
│   ├── LoginError           401, 403, or an SSH key that was turned away
│   └── DeadlineError        the time allowed was over
├── ReferenceNotFoundError   the server has no such branch or tag
├── UnresolvedError          no commit for a name, a version range or a commit id
├── MissingPathError         a revision has no such path
├── EmptyRepositoryError     the repository has no commit at all
├── TooLargeError            more bytes or files than allowed
├── CredentialsError         a key, passphrase, certificate or known_hosts that cannot be used
│   └── MalformedCredentialsError   a Secret without a field that its kind of login needs
├── UnverifiedError          a revision that is not signed as it must be
│   ├── NoTagError           the tag's signature is asked for, but what is checked out is no tag
│   ├── UnsignedTagError     a tag without a signature
│   ├── TagSignatureError    a tag's signature by none of the keys
│   └── CommitSignatureError a commit's signature by none of the keys, or no signature
├── UnsupportedError         something that this build does not do
└── BrokenMirrorError        the local copy is damaged; it is rebuilt at once, so callers rarely see this
"""


class GitError(Exception):
    """Root of what this package raises."""


class RemoteError(GitError):
    """The server could not be reached, or refused."""


class LoginError(RemoteError):
    """The server wants other credentials."""


class DeadlineError(RemoteError):
    """The time allowed was over."""

    def __init__(self, message: str = "context deadline exceeded") -> None:
        super().__init__(message)


class ReferenceNotFoundError(GitError):
    """The repository has no such reference."""


class UnresolvedError(GitError):
    """The reference leads to no commit."""


class MissingPathError(GitError):
    """The revision has no such path."""


class EmptyRepositoryError(GitError):
    """The repository has no commit at all."""


class TooLargeError(GitError):
    """More bytes or files than allowed."""


class CredentialsError(GitError):
    """Credentials that cannot be used."""


class MalformedCredentialsError(CredentialsError):
    """A Secret without a field that its kind of login needs."""


class UnverifiedError(GitError):
    """The revision is not signed as it must be."""


class NoTagError(UnverifiedError):
    """What is checked out is no tag."""


class UnsignedTagError(UnverifiedError):
    """The tag is not signed."""


class TagSignatureError(UnverifiedError):
    """The tag's signature is by none of the keys."""


class CommitSignatureError(UnverifiedError):
    """The commit's signature is by none of the keys."""


class UnsupportedError(GitError):
    """Something that this build does not do."""


class BrokenMirrorError(GitError):
    """The local copy is damaged."""
