"""The columns of namespaces, configuration, identities, rights, quotas, events."""

from collections.abc import Mapping
from datetime import datetime

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import ages, cells
from sluice.apiserver.tables.cells import AGE, CREATED_AT, NAME, at, field, text


def _entries(obj: Object) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _subjects(kind: str) -> cells.Column:
    def read(obj: Object) -> str:
        found = [one for one in obj.get("subjects") or [] if one["kind"] == kind]
        if kind == "ServiceAccount":
            return ", ".join(f"{one.get('namespace', '')}/{one['name']}" for one in found)
        return ", ".join(one["name"] for one in found)

    return text(f"{kind}s", read, wide=True)


_BINDING = (
    NAME,
    text("Role", lambda obj: f"{obj['roleRef']['kind']}/{obj['roleRef']['name']}"),
    AGE,
    _subjects("User"),
    _subjects("Group"),
    _subjects("ServiceAccount"),
)


def _quota(limits: bool) -> cells.Column:
    def read(obj: Object) -> str:
        hard, used = at(obj, "status", "hard", default={}), at(obj, "status", "used", default={})
        names = [name for name in sorted(hard) if name.startswith("limits.") is limits]
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)

    return text("Limit" if limits else "Request", read)


def _first_seen(event: Object, now: datetime) -> str:
    return ages.since(event.get("firstTimestamp") or event.get("eventTime"), now)


def _last_seen(event: Object, now: datetime) -> str:
    observed = at(event, "series", "lastObservedTime")
    if observed:
        return ages.since(observed, now)
    return ages.since(event["lastTimestamp"], now) if event.get("lastTimestamp") else _first_seen(event, now)


def _target(event: Object) -> str:
    involved = event.get("involvedObject") or event.get("regarding") or {}
    kind, name = involved.get("kind", "").lower(), involved.get("name", "")
    return f"{kind}/{name}" if name else kind


def _source(event: Object) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent", "")
    instance = source.get("host") or event.get("reportingInstance", "")
    return f"{component}, {instance}" if instance else component


_EVENT = (
    cells.Column(name="Last Seen", cell=_last_seen),
    field("Type", "type"),
    field("Reason", "reason"),
    text("Object", _target),
    field("Subobject", "involvedObject", "fieldPath", wide=True),
    text("Source", _source, wide=True),
    text("Message", lambda obj: (obj.get("message") or obj.get("note") or "").strip()),
    cells.Column(name="First Seen", cell=_first_seen, priority=1),
    text("Count", lambda obj: at(obj, "series", "count") or obj.get("count") or 1, wide=True),
    cells.Column(name="Name", cell=cells.name_of, format="name", priority=1),
)

COLUMNS: Mapping[str, tuple[cells.Column, ...]] = {
    "namespaces": (NAME, field("Status", "status", "phase"), AGE),
    "configmaps": (NAME, text("Data", _entries), AGE),
    "secrets": (NAME, field("Type", "type"), text("Data", _entries), AGE),
    "serviceaccounts": (NAME, AGE),
    "events": _EVENT,
    "events.events.k8s.io": _EVENT,
    "resourcequotas": (NAME, _quota(limits=False), _quota(limits=True), AGE),
    "limitranges": (NAME, CREATED_AT),
    "roles.rbac.authorization.k8s.io": (NAME, CREATED_AT),
    "clusterroles.rbac.authorization.k8s.io": (NAME, CREATED_AT),
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "leases.coordination.k8s.io": (NAME, field("Holder", "spec", "holderIdentity"), AGE),
}
