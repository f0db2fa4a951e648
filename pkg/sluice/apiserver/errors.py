"""Every refusal as the metav1.Status a real API server sends: code, reason, message, details.

    StatusError
      not_found already_exists conflict precondition_failed apply_conflict invalid rejected bad_request forbidden
      denied unauthorized expired method_not_allowed unsupported_media_type not_acceptable too_large internal …

The texts are those of Kubernetes; clients match on them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sluice.apiserver import access
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.errors import FieldError

OPTIMISTIC_LOCK = "the object has been modified; please apply your changes to the latest version and try again"


class StatusError(Exception):
    """A request refused; `status` is the body of the answer."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        continue_token: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = None if details is None else dict(details)
        self.continue_token = continue_token

    @property
    def status(self) -> dict[str, Any]:
        """The metav1.Status."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return {**body, "code": self.code}


def _details(kind: KindInfo, name: str = "", **more: Any) -> dict[str, Any]:
    return _filled(name=name, group=kind.group, kind=kind.plural, **more)


def _filled(**details: Any) -> dict[str, Any]:
    return {key: value for key, value in details.items() if value}


def not_found(kind: KindInfo, name: str) -> StatusError:
    """The object does not exist."""
    return StatusError(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def already_exists(kind: KindInfo, name: str) -> StatusError:
    """An object of that name exists."""
    return StatusError(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def conflict(kind: KindInfo, name: str, why: str = OPTIMISTIC_LOCK) -> StatusError:
    """The write does not fit the object as it is now."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(kind, name))


def precondition_failed(group: str, kind: str, name: str, why: str) -> StatusError:
    """A deletion or a token request means another object, or another state; here a real server names the kind."""
    qualified = f"{kind}.{group}" if group else kind
    message = f'Operation cannot be fulfilled on {qualified} "{name}": {why}'
    return StatusError(409, "Conflict", message, _filled(name=name, group=group, kind=kind))


def apply_conflict(message: str, causes: list[dict[str, Any]]) -> StatusError:
    """Server-side apply meets fields of other managers."""
    return StatusError(409, "Conflict", message, {"causes": causes})


def invalid(kind: KindInfo, name: str, causes: Iterable[FieldError]) -> StatusError:
    """Validation refused the object."""
    return invalid_kind(kind.gvk.group, kind.kind, name, causes)


def invalid_kind(group: str, kind: str, name: str, causes: Iterable[FieldError]) -> StatusError:
    """As `invalid`, for what is no stored kind, such as `PatchOptions.meta.k8s.io`."""
    listed = list(causes)
    qualified = f"{kind}.{group}" if group else kind
    message = f'{qualified} "{name}" is invalid' + (f": {fields.aggregate(listed)}" if listed else "")
    details = _filled(name=name, group=group, kind=kind)
    details["causes"] = [{"reason": cause.type, "message": cause.body, "field": cause.field} for cause in listed]
    return StatusError(422, "Invalid", message, details)


def bad_request(message: str) -> StatusError:
    """The request makes no sense."""
    return StatusError(400, "BadRequest", message)


def forbidden(kind: KindInfo, name: str, why: str) -> StatusError:
    """A rule of the server forbids it (for a user's missing rights see `denied`)."""
    subject = f'{kind.resource} "{name}"' if name else kind.resource
    return StatusError(403, "Forbidden", f"{subject} is forbidden: {why}", _details(kind, name))


def namespace_terminating(kind: KindInfo, name: str, namespace: str) -> StatusError:
    """Nothing new may come into a namespace that is being emptied."""
    message = f"namespace {namespace} is being terminated"
    refused = forbidden(
        kind, name, f"unable to create new content in namespace {namespace} because it is being terminated"
    )
    cause = {"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}
    return StatusError(refused.code, refused.reason, refused.message, _details(kind, name, causes=[cause]))


def denied(user: str, asked: access.Attributes, reason: str) -> StatusError:
    """The user lacks the right."""
    told = f": {reason}" if reason else ""
    if not asked.resource:
        message = f'forbidden: User "{user}" cannot {asked.verb} path "{asked.path}"{told}'
        return StatusError(403, "Forbidden", message, {})
    resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    why = f'User "{user}" cannot {asked.verb} resource "{resource}" in API group "{asked.group}" {where}{told}'
    qualified = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    subject = f'{qualified} "{asked.name}"' if asked.name else qualified
    details = _filled(name=asked.name, group=asked.group, kind=asked.resource)
    return StatusError(403, "Forbidden", f"{subject} is forbidden: {why}", details)


def unauthorized() -> StatusError:
    """The credentials are missing or wrong."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def expired(message: str, *, continue_token: str = "") -> StatusError:
    """History no longer reaches back to the resourceVersion; the token lets a list go on regardless."""
    return StatusError(410, "Expired", message, continue_token=continue_token)


def too_large_revision(requested: int, current: int) -> StatusError:
    """The resourceVersion lies in the future."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return StatusError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {requested}, current: {current}",
        {"causes": [cause], "retryAfterSeconds": 1},
    )


def method_not_allowed() -> StatusError:
    """The path knows no such method."""
    return StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def unsupported_media_type(accepted: Iterable[str]) -> StatusError:
    """The body's content type is not understood."""
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return StatusError(415, "UnsupportedMediaType", message)


def not_acceptable(accepted: Iterable[str]) -> StatusError:
    """None of the media types the client accepts is served."""
    message = f"only the following media types are accepted: {', '.join(accepted)}"
    return StatusError(406, "NotAcceptable", message)


def too_large(why: str) -> StatusError:
    """The body, or what it asks for, exceeds the limit."""
    return StatusError(413, "RequestEntityTooLarge", f"Request entity too large: {why}")


def rejected() -> StatusError:
    """A patch that cannot be applied: a real server hides the reason in its generic, cause-less Invalid."""
    return StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def internal(why: str) -> StatusError:
    """The server is at fault."""
    return StatusError(500, "InternalError", f"Internal error occurred: {why}", {"causes": [{"message": why}]})


def unexplained(message: str) -> StatusError:
    """A fault of the client's that a real server takes for its own: 500, and no reason."""
    return StatusError(500, "", message)


def no_such_path() -> StatusError:
    """Nothing is served under the path; what a real server's generic 404 reads like to a client."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def not_served(kind: KindInfo, name: str, subresource: str) -> StatusError:
    """A limit of this control plane, named: there is no kubelet behind it."""
    message = (
        f'{kind.resource} "{name}": {subresource} is not served by this control plane, '
        "which runs no kubelet and no containers"
    )
    return StatusError(501, "NotImplemented", message, _details(kind, name))
