"""Events, in their old version and in their new one."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, named

_LONGEST_NOTE = 1024


def validate(obj: Object) -> Errors:
    """An Event of either version."""
    return (
        _new(obj) if obj.get("apiVersion", "").startswith("events.k8s.io/") or "eventTime" in _given(obj) else _old(obj)
    )


def _given(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if value is not None}


def _old(obj: Object) -> Errors:
    return _namespace(obj, "involvedObject", "involvedObject")


def _namespace(obj: Object, field: str, shown: str) -> Errors:
    wanted = (obj.get(field) or {}).get("namespace") or ""
    actual = obj["metadata"].get("namespace") or ""
    # What is about something without a namespace lives in the default one.
    if wanted == actual or (not wanted and actual in ("default", "kube-system")):
        return []
    return [fields.invalid(f"{shown}.namespace", wanted, "does not match event.namespace")]


def _new(obj: Object) -> Errors:
    found = _namespace(obj, "regarding" if "regarding" in obj else "involvedObject", "involvedObject")
    if not obj.get("eventTime"):
        return [*found, fields.required("eventTime")]
    controller = obj.get("reportingController") or obj.get("reportingComponent") or ""
    if not controller:
        found.append(fields.required("reportingController"))
    found += named("reportingController", controller, names.label_key)
    for field in ("reportingInstance", "action", "reason"):
        if not obj.get(field):
            found.append(fields.required(field))
    if obj.get("type") not in ("Normal", "Warning"):
        found.append(fields.invalid("type", "", f"has invalid value: {obj.get('type') or ''}"))
    note = obj.get("note") or obj.get("message") or ""
    if len(note) > _LONGEST_NOTE:
        found.append(fields.invalid("message", "", f"can have at most {_LONGEST_NOTE} characters"))
    return found
