"""Field selectors: parsed, and which fields they may name, kind by kind, and where their values are."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.apiserver import errors
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object

Matches = Callable[[Object], bool]
Read = Callable[[Object], Any]


@dataclass(frozen=True)
class Term:
    """One term of a field selector."""

    field: str
    value: str
    equal: bool = True


def parse(text: str) -> tuple[Term, ...]:
    """From the text of `fieldSelector`; a backslash escapes itself, a comma and an equals sign."""
    terms = []
    for part in re.split(r"(?<!\\),", text):
        if not part:
            continue
        found = re.fullmatch(r"((?:[^\\=!]|\\.)*)(==|!=|=)((?:[^\\]|\\.)*)", part)
        if found is None:
            raise errors.bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        value = re.sub(r"\\([\\,=])", r"\1", found[3])
        terms.append(Term(found[1], value, found[2] != "!="))
    return tuple(terms)


def at_path(path: str) -> Read:
    """Reads a plain dotted path such as `spec.nodeName`; "" where there is nothing."""
    names = path.strip(".").split(".")

    def read(obj: Object) -> Any:
        found: Any = obj
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return "" if found is None else found

    return read


def text_of(value: Any) -> str:
    """A field's value as a selector writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _paths(*paths: str) -> dict[str, Read]:
    return {path: at_path(path) for path in paths}


def _pod_ip(obj: Object) -> Any:
    return obj.get("status", {}).get("podIP", "")


def _with_default(path: str, default: Any) -> Read:
    read = at_path(path)
    return lambda obj: read(obj) or default


def _event_source(obj: Object) -> Any:
    return obj.get("source", {}).get("component") or obj.get("reportingComponent", "")


_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_EVENT = {
    **_paths(*(f"involvedObject.{name}" for name in _INVOLVED), "reason", "type"),
    "reportingComponent": at_path("reportingComponent"),
    "source": _event_source,
}

FIELDS: Mapping[str, Mapping[str, Read]] = {
    "pods": {
        **_paths("spec.nodeName", "spec.schedulerName", "spec.serviceAccountName", "status.phase"),
        **_paths("status.nominatedNodeName"),
        "spec.restartPolicy": _with_default("spec.restartPolicy", "Always"),
        "spec.hostNetwork": _with_default("spec.hostNetwork", False),
        "status.podIP": _pod_ip,
        "status.podIPs": _pod_ip,
    },
    "events": _EVENT,
    "events.events.k8s.io": _EVENT,
    "nodes": {"spec.unschedulable": _with_default("spec.unschedulable", False)},
    "namespaces": _paths("status.phase"),
    "secrets": _paths("type"),
    "services": _paths("spec.clusterIP", "spec.type"),
    "replicationcontrollers": {"status.replicas": _with_default("status.replicas", 0)},
    "replicasets.apps": {"status.replicas": _with_default("status.replicas", 0)},
    "jobs.batch": {"status.successful": _with_default("status.succeeded", 0)},
    "certificatesigningrequests.certificates.k8s.io": _paths("spec.signerName"),
    "resourceslices.resource.k8s.io": _paths("spec.nodeName", "spec.driver"),
}
_ALWAYS = _paths("metadata.name", "metadata.namespace")


def matcher(kind: KindInfo, terms: tuple[Term, ...]) -> Matches | None:
    """A test for all the terms, or None when there are none; bad_request for a field the kind does not offer."""
    tests = [(_reader(kind, term), term.value, term.equal) for term in terms]
    if not tests:
        return None

    def matches(obj: Object) -> bool:
        return all((text_of(read(obj)) == value) is equal for read, value, equal in tests)

    return matches


def _reader(kind: KindInfo, term: Term) -> Read:
    if term.field == "metadata.namespace" and not kind.namespaced and kind.crd is not None:
        raise _unsupported(kind, term.field)
    known = _ALWAYS.get(term.field) or FIELDS.get(kind.resource, {}).get(term.field)
    if known is not None:
        return known
    if f".{term.field}" in kind.selectable_fields:
        return at_path(term.field)
    raise _unsupported(kind, term.field)


def _unsupported(kind: KindInfo, field: str) -> errors.StatusError:
    # Kinds with selectors of their own have a sentence of their own.
    if kind.resource in FIELDS or kind.crd is not None:
        return errors.bad_request(f"field label not supported: {field}")
    return errors.bad_request(f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"')
