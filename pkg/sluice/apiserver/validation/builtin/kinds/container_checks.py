"""Containers of a pod: the regular ones and those that run before them."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds import (
    env_checks,
    handler_checks,
    resource_checks,
    security_checks,
    volume_checks,
)
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, named, one_of, required_name

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_HANDLED = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_RESTARTS = ("Always", "Never", "OnFailure")


def validate(spec: Object, volumes: set[str], path: str) -> Errors:
    """All of them; a name is used once."""
    grace = spec.get("terminationGracePeriodSeconds", 30)
    if not spec.get("containers"):
        found: Errors = [fields.required(f"{path}.containers")]
    else:
        found = _regular(spec, volumes, path, grace)
    taken = {container.get("name") for container in spec.get("containers") or ()}
    for at, container in items(spec, "initContainers", path):
        found += _common(container, volumes, at) + _init(container, at, grace)
        name = container.get("name") or ""
        if name in taken:
            found.append(fields.duplicate(f"{at}.name", name))
        taken.add(name)
    return found


def _regular(spec: Object, volumes: set[str], path: str, grace: int) -> Errors:
    found: Errors = []
    seen: set[str] = set()
    for at, container in items(spec, "containers", path):
        found += _common(container, volumes, at)
        found += _host_ports(container, at) if spec.get("hostNetwork") else []
        name = container.get("name") or ""
        if name in seen:
            found.append(fields.duplicate(f"{at}.name", name))
        seen.add(name)
        found += handler_checks.validate(container, at, grace=grace)
        if "restartPolicy" in container:
            found += one_of(f"{at}.restartPolicy", container["restartPolicy"], _RESTARTS)
    return found


def _init(container: Object, path: str, grace: int) -> Errors:
    found: Errors = []
    if "restartPolicy" in container:
        found += one_of(f"{path}.restartPolicy", container["restartPolicy"], _RESTARTS)
    if container.get("restartPolicy") == "Always":
        return found + handler_checks.validate(container, path, grace=grace)
    detail = "may not be set for init containers without restartPolicy=Always"
    return found + [fields.forbidden(f"{path}.{field}", detail) for field in _HANDLED if field in container]


def _common(container: Object, volumes: set[str], path: str) -> Errors:
    found = required_name(f"{path}.name", container.get("name"), names.dns_label)
    if not container.get("image"):
        found.append(fields.required(f"{path}.image"))
    policies = ("File", "FallbackToLogsOnError")
    found += one_of(f"{path}.terminationMessagePolicy", container.get("terminationMessagePolicy"), policies)
    found += _ports(container, path)
    found += env_checks.validate(container, path)
    found += volume_checks.validate_mounts(container, volumes, path)
    pulls = ("Always", "IfNotPresent", "Never")
    found += one_of(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), pulls)
    found += resource_checks.validate(container.get("resources") or {}, f"{path}.resources")
    return found + security_checks.validate_container(container.get("securityContext") or {}, f"{path}.securityContext")


def _ports(container: Object, path: str) -> Errors:
    found: Errors = []
    seen: set[str] = set()
    for at, port in items(container, "ports", path):
        name = port.get("name") or ""
        if name:
            messages = named(f"{at}.name", name, names.port_name)
            found += messages
            if not messages and name in seen:
                found.append(fields.duplicate(f"{at}.name", name))
            seen.add(name)
        number = port.get("containerPort") or 0
        if not number:
            found.append(fields.required(f"{at}.containerPort"))
        else:
            found += [fields.invalid(f"{at}.containerPort", number, text) for text in names.port_number(number)]
        if port.get("hostPort"):
            on_host = port["hostPort"]
            found += [fields.invalid(f"{at}.hostPort", on_host, text) for text in names.port_number(on_host)]
        found += one_of(f"{at}.protocol", port.get("protocol"), _PROTOCOLS)
    return found


def _host_ports(container: Object, path: str) -> Errors:
    detail = "must match `containerPort` when `hostNetwork` is true"
    return [
        fields.invalid(f"{at}.hostPort", port["hostPort"], detail)
        for at, port in items(container, "ports", path)
        if port.get("hostPort", port.get("containerPort")) != port.get("containerPort")
    ]
