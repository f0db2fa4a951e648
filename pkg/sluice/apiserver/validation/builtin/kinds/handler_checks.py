"""Probes and lifecycle hooks."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, non_negative, one_of, port

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_SECONDS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HEADER = "[-A-Za-z0-9]+"


def validate(container: Object, path: str, *, grace: int) -> Errors:
    """All hooks, then all probes, in the order they are checked."""
    found: Errors = []
    for hook in ("postStart", "preStop"):
        if hook in (container.get("lifecycle") or {}):
            found += _handler(container["lifecycle"][hook], f"{path}.lifecycle.{hook}", grace)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            found += _probe(container[probe], f"{path}.{probe}", grace, once=probe != "readinessProbe")
    return found


def _probe(probe: Object, path: str, grace: int, *, once: bool) -> Errors:
    found = _handler(probe, path, grace)
    for field in _SECONDS:
        found += non_negative(f"{path}.{field}", probe.get(field))
    if "terminationGracePeriodSeconds" in probe and probe["terminationGracePeriodSeconds"] <= 0:
        detail = "must be greater than 0"
        found.append(
            fields.invalid(f"{path}.terminationGracePeriodSeconds", probe["terminationGracePeriodSeconds"], detail)
        )
    if once and probe.get("successThreshold", 1) != 1:
        found.append(fields.invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1"))
    return found


def _handler(handler: Object, path: str, grace: int) -> Errors:
    given = [name for name in _HANDLERS if name in handler]
    if not given:
        return [fields.required(path, "must specify a handler type")]
    found = _action(given[0], handler[given[0]], f"{path}.{given[0]}", grace)
    return found + [
        fields.forbidden(f"{path}.{name}", "may not specify more than 1 handler type") for name in given[1:]
    ]


def _action(name: str, action: Object, path: str, grace: int) -> Errors:
    match name:
        case "exec":
            return [] if action.get("command") else [fields.required(f"{path}.command")]
        case "httpGet":
            return _http(action, path)
        case "sleep":
            seconds = action.get("seconds") or 0
            detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            return [] if 0 <= seconds <= grace else [fields.invalid(path, seconds, detail)]
        case _:
            return port(f"{path}.port", action.get("port"))


def _http(action: Object, path: str) -> Errors:
    found = [] if action.get("path") else [fields.required(f"{path}.path")]
    found += port(f"{path}.port", action.get("port"))
    found += one_of(f"{path}.scheme", action.get("scheme"), ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or ():
        name = header.get("name") or ""
        if not name or not all(char.isascii() and (char.isalnum() or char == "-") for char in name):
            rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
            found.append(fields.invalid(f"{path}.httpHeaders", name, names.regex(rule, _HEADER, "X-Header-Name")))
    return found
