"""Which parameters of list and watch go together; the rules and texts of metav1.ListOptions."""

from collections.abc import Mapping

from sluice.apiserver import errors
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.errors import FieldError

_FIELD = "resourceVersionMatch"
_NOT_OLDER = "NotOlderThan"


def check(query: Mapping[str, str], *, watch: bool) -> None:
    """Raises invalid for parameters that contradict each other."""
    causes = _of_watch(query) if watch else _of_list(query)
    if causes:
        raise errors.invalid_kind("meta.k8s.io", "ListOptions", "", causes)


def _of_list(query: Mapping[str, str]) -> list[FieldError]:
    causes, match = [], query.get(_FIELD, "")
    if match:
        if not query.get("resourceVersion"):
            causes.append(
                fields.forbidden(_FIELD, "resourceVersionMatch is forbidden unless resourceVersion is provided")
            )
        if query.get("continue"):
            causes.append(fields.forbidden(_FIELD, "resourceVersionMatch is forbidden when continue is provided"))
        if match not in ("Exact", _NOT_OLDER):
            causes.append(fields.not_supported(_FIELD, match, ("Exact", _NOT_OLDER, "")))
        if match == "Exact" and query.get("resourceVersion") == "0":
            text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            causes.append(fields.forbidden(_FIELD, text))
    if "sendInitialEvents" in query:
        causes.append(fields.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return causes


def _of_watch(query: Mapping[str, str]) -> list[FieldError]:
    causes, match, initial = [], query.get(_FIELD, ""), "sendInitialEvents" in query
    if initial and match != _NOT_OLDER:
        causes.append(
            fields.forbidden(_FIELD, f"sendInitialEvents requires setting resourceVersionMatch to {_NOT_OLDER}")
        )
    if match:
        if not initial:
            text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            causes.append(fields.forbidden(_FIELD, text))
        if match != _NOT_OLDER:
            causes.append(fields.not_supported(_FIELD, match, (_NOT_OLDER,)))
        if query.get("continue"):
            causes.append(fields.forbidden(_FIELD, "resourceVersionMatch is forbidden when continue is provided"))
    return causes
