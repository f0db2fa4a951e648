"""What can go wrong with a bucket. No text holds a login; an address in one has no query.

```
BucketError
├── EndpointError       what is given as its address cannot be one
├── LoginError          there is no login to be had, or it cannot be used
├── NoBucketError       there is no such bucket
├── NoObjectError       there is no such object
├── RefusedError        the store says no; `code` is its word for why
├── AnswerError         the store's answer makes no sense
├── LimitError          there is more of it than there may be
└── KeyNameError        an object whose key cannot be the path of a file
```
"""


class BucketError(Exception):
    """Root of what this package raises, beside the WebError tree of the transport."""


class EndpointError(BucketError):
    """What is given as the store's address cannot be one."""


class LoginError(BucketError):
    """There is no login to be had, or it cannot be used."""


class NoBucketError(BucketError):
    """There is no such bucket."""


class NoObjectError(BucketError):
    """There is no such object."""


class RefusedError(BucketError):
    """The store says no."""

    def __init__(self, text: str, *, code: str = "", region: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.region = region
        """Where the store says that the bucket is, if it says so."""


class AnswerError(BucketError):
    """The store's answer makes no sense."""


class LimitError(BucketError):
    """There is more of it than there may be."""


class KeyNameError(BucketError):
    """An object whose key cannot be the path of a file, or not beside another's."""
