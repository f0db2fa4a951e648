"""What a conversation with an API server can fail with.

::

    KubeError
      ConfigError          the kubeconfig or the in-cluster environment is unusable
      NoKindMatch          the server serves no such kind
      Unreachable          no answer: refused, cut off, timed out, TLS
      TooLarge             the answer is larger than whoever asks will take
      ApiError             the server answered with a failure Status
        BadRequest         400
        Unauthorized       401
        Forbidden          403
        NotFound           404
        AlreadyExists      409, reason AlreadyExists
        Conflict           409
        Gone               410, reasons Gone and Expired
        Invalid            422
        TooManyRequests    429
        ServerError        5xx

`str()` of an `ApiError` is the server's own message: users know these texts from kubectl. Credentials never
enter an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class KubeError(Exception):
    """Root of everything this package raises on purpose."""


class ConfigError(KubeError):
    """No usable cluster configuration; the message names the file or variable to look at."""


class NoKindMatch(KubeError):
    """The server serves no such kind (yet): its CRD may still have to be installed."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(f'no matches for kind "{kind}" in version "{api_version}"')
        self.api_version = api_version
        self.kind = kind


class Unreachable(KubeError):
    """The server gave no answer.

    Whether it acted on the request is unknown, except when it refused the connection.
    """


class TooLarge(KubeError):
    """The answer is larger than whoever asks will take."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer is larger than {limit} bytes")


class ApiError(KubeError):
    """The server's answer was a failure.

    `status` is the HTTP code, `reason` the machine-readable word of the Status ("" if it sent none), `details`
    its details.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details: Mapping[str, Any] = details or {}
        self.retry_after = retry_after
        """Seconds the server asked to wait, 0 if it did not."""

    @property
    def causes(self) -> tuple[Mapping[str, Any], ...]:
        """The Status' causes: mappings with `reason`, `message` and `field`."""
        return tuple(self.details.get("causes") or ())

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process boundaries; the default pickles only the message.
        return type(self), (self.status, self.reason, self.message, dict(self.details))


class BadRequest(ApiError):
    """400: the server could not understand the request."""


class Unauthorized(ApiError):
    """401: the credentials are missing, wrong or expired."""


class Forbidden(ApiError):
    """403: RBAC, admission or a policy says no."""


class NotFound(ApiError):
    """404: no such object, or no such resource."""


class Conflict(ApiError):
    """409: the object changed meanwhile, or another field manager owns a field."""


class AlreadyExists(Conflict):
    """409 on create: the name is taken."""


class Gone(ApiError):
    """410: the resourceVersion or continue token is too old; list again."""


class Invalid(ApiError):
    """422: the object fails validation; `causes` says field by field why."""


class TooManyRequests(ApiError):
    """429: the server sheds load, or a disruption budget forbids the eviction."""


class ServerError(ApiError):
    """5xx: the server's fault, or it gave up waiting."""


_BY_REASON: Mapping[str, type[ApiError]] = {
    "AlreadyExists": AlreadyExists,
    "Conflict": Conflict,
    "Expired": Gone,
    "Gone": Gone,
    "Invalid": Invalid,
    "Forbidden": Forbidden,
    "NotFound": NotFound,
    "Unauthorized": Unauthorized,
    "BadRequest": BadRequest,
    "TooManyRequests": TooManyRequests,
}

_BY_CODE: Mapping[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}


def from_status(status: Mapping[str, Any], *, code: int = 0, retry_after: float = 0.0) -> ApiError:
    """The error for a `Status` object, as found in a response body or in an ERROR watch event.

    The reason decides before the code: both AlreadyExists and Conflict are 409.
    """
    code = int(status.get("code") or code)
    reason = status.get("reason") or ""
    cls = _BY_REASON.get(reason) or _BY_CODE.get(code) or (ServerError if code >= 500 else ApiError)
    message = status.get("message") or f"the server answered {code} {reason}".rstrip()
    return cls(code, reason, message, status.get("details") or {}, retry_after=retry_after)
