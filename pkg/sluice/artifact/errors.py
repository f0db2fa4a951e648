"""What can go wrong with artifacts.

ArtifactError
├── UnsafePathError          a path that would leave the storage
├── DigestError              no digest, or of an algorithm that this build lacks
├── DigestMismatchError      the bytes are not those that the digest promises
├── NotReadyError            the server does not have the artifact (404): it may come, or a newer one has replaced it
├── DownloadError            the server could not be reached, or failed; worth another try
├── TooLargeError            more bytes than allowed
└── NotPermittedError        another replica may be at work in the same storage
"""

import os


class ArtifactError(Exception):
    """Root of what this package raises."""


class UnsafePathError(ArtifactError):
    """A path that would leave the storage."""


class DigestError(ArtifactError):
    """No digest, or of an algorithm that this build lacks."""


class DigestMismatchError(ArtifactError):
    """The bytes are not those that the digest promises."""


class NotReadyError(ArtifactError):
    """The server does not have the artifact."""


class DownloadError(ArtifactError):
    """The server could not be reached, or failed."""


class TooLargeError(ArtifactError):
    """More bytes than allowed."""


class NotPermittedError(ArtifactError):
    """Another replica may be at work in the same storage."""


def cause(error: BaseException) -> str:
    """What went wrong, without the path: those of unfinished files differ each time. The system's own words."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return str(error)
