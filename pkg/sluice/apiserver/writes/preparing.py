"""What the server makes of an object before it is validated: the fields that are the server's own to write.

`for_create` and `for_update` are the strategies of Kubernetes' registries: status belongs to its subresource,
generation counts changes of the spec, uid, creationTimestamp and the deletion fields never come from a client.
"""

import uuid
from typing import Any

from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import specifics

_NOT_SPEC = frozenset({"apiVersion", "kind", "metadata", "status"})
# Their status subresource leaves labels alone.
_LABELS_KEPT_BY_STATUS = frozenset({"deployments.apps"})


def for_create(kind: KindInfo, obj: Object, *, now: str) -> Object:
    """The object with identity, first generation and no status of the client's; `specifics` comes after it."""
    metadata = {
        key: value
        for key, value in obj["metadata"].items()
        if key not in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "generation")
    }
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = now
    if kind.generation:
        metadata["generation"] = 1
    prepared = {**_ordered(kind, obj), "metadata": metadata}
    if "status" in kind.subresources:
        prepared.pop("status", None)
    return prepared


def for_update(kind: KindInfo, obj: Object, live: Object, *, subresource: str = "") -> Object:
    """The object with what the subresource may not change taken from the live one."""
    if subresource == "status":
        merged = _status_only(kind, obj, live)
    else:
        merged = dict(obj)
        if "status" in kind.subresources:
            merged.pop("status", None)
            if "status" in live:
                merged["status"] = live["status"]
    merged = {**_ordered(kind, merged), "metadata": _identity(merged["metadata"], live["metadata"])}
    return specifics.on_update(kind, merged, live) if not subresource else merged


def counted(kind: KindInfo, obj: Object, live: Object) -> Object:
    """The object with its generation raised if what it asks for changed."""
    if not kind.generation or "generation" not in live["metadata"]:
        return obj
    generation = live["metadata"]["generation"]
    if _wanted(kind, obj) != _wanted(kind, live):
        generation += 1
    return {**obj, "metadata": {**obj["metadata"], "generation": generation}}


def _wanted(kind: KindInfo, obj: Object) -> list[Any]:
    skipped = _NOT_SPEC if "status" in kind.subresources or kind.crd is None else _NOT_SPEC - {"status"}
    wanted: list[Any] = [{key: value for key, value in obj.items() if key not in skipped}]
    if kind.resource == "deployments.apps":
        # Their annotations are copied to replica sets, so they count as well.
        wanted.append(obj["metadata"].get("annotations") or {})
    return wanted


def _status_only(kind: KindInfo, obj: Object, live: Object) -> Object:
    merged = dict(live)
    merged.pop("status", None)
    if "status" in obj:
        merged["status"] = obj["status"]
    if kind.crd is None:
        merged["metadata"] = dict(obj["metadata"])
        if kind.resource in _LABELS_KEPT_BY_STATUS:
            merged["metadata"].pop("labels", None)
            if "labels" in live["metadata"]:
                merged["metadata"]["labels"] = live["metadata"]["labels"]
    else:
        # Of the metadata only managedFields follow a custom object's status.
        given = obj["metadata"]
        merged["metadata"] = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
        if "managedFields" in given:
            merged["metadata"]["managedFields"] = given["managedFields"]
    return merged


def _identity(metadata: Object, live: Object) -> Object:
    merged = {key: value for key, value in metadata.items() if key not in ("selfLink", "generation")}
    merged.setdefault("uid", live["uid"])
    if "generation" in live:
        merged["generation"] = live["generation"]
    for name in ("resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        merged.pop(name, None)
        if name in live:
            merged[name] = live[name]
    return merged


def _ordered(kind: KindInfo, obj: Object) -> Object:
    """The object as this kind, in the order a reader expects."""
    if kind.crd is None:
        head = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": obj["metadata"]}
    else:
        head = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": obj["metadata"]}
    return {**head, **{key: value for key, value in obj.items() if key not in head}}
