"""What can go wrong with a registry. No text holds a login.

OCIError
├── InvalidReferenceError a repository, tag or digest that cannot be one
├── LoginError            a login that cannot be read
├── RegistryError         the registry refused, or what it answered is not to be used
│   ├── UnauthorizedError it does not let us in
│   ├── NotFoundError     it has no such thing
│   ├── ContentError      what it sent is not what was asked for: another digest or size, or no manifest
│   └── TooLargeError     what it sent is larger than it may be
└── UnmatchedError        no tag is within the range

Failures on the way to the registry are `sluice.web`'s (WebError).
"""


class OCIError(Exception):
    """Root of what this package raises."""


class InvalidReferenceError(OCIError):
    """Not the name of something in a registry."""


class LoginError(OCIError):
    """The data of a pull secret cannot be read."""


class RegistryError(OCIError):
    """The registry refused; `status` is 0 when it was not about one."""

    def __init__(self, text: str, *, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class UnauthorizedError(RegistryError):
    """The login is missing, wrong, or good for other things."""


class NotFoundError(RegistryError):
    """There is no such repository, tag, manifest or blob."""


class ContentError(RegistryError):
    """The answer is not what was asked for."""


class TooLargeError(RegistryError):
    """The answer is larger than it may be."""


class UnmatchedError(OCIError):
    """No tag is within the range."""
