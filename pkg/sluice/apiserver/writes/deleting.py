"""Deletion: at once, or marked and left to whoever holds a finalizer, or gracefully for pods that run somewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sluice.apiserver import errors
from sluice.apiserver.cluster import Cluster, timestamp
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import requests
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.writes import defining, writing

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
"""Holds a deleted CRD until its objects are gone."""
# For compatibility with their first versions these leave their dependents alone unless told otherwise.
_ORPHAN_BY_DEFAULT = frozenset({"jobs.batch", "replicationcontrollers"})
# Their registries answer a deletion with the object that was, the others with a Status.
_RETURNS_OBJECT = frozenset(
    {
        "pods",
        "services",
        "serviceaccounts",
        "persistentvolumes",
        "persistentvolumeclaims",
        "podtemplates",
        "resourcequotas",
        "storageclasses.storage.k8s.io",
        "csidrivers.storage.k8s.io",
        "csinodes.storage.k8s.io",
        "volumeattachments.storage.k8s.io",
        "volumeattributesclasses.storage.k8s.io",
        "deviceclasses.resource.k8s.io",
        "resourceclaims.resource.k8s.io",
        "resourceclaimtemplates.resource.k8s.io",
        "resourceslices.resource.k8s.io",
    }
)


@dataclass(frozen=True, kw_only=True)
class DeleteOptions:
    """metav1.DeleteOptions, from the body or the query."""

    grace: int | None = None
    propagation: str = ""
    uid: str = ""
    revision: str = ""
    dry_run: bool = False


def options(body: Any, query: Mapping[str, str]) -> DeleteOptions:
    """The body's if there is one, else the query's; invalid for values that no server knows."""
    given = body if isinstance(body, dict) and body else None
    if given is None:
        grace = requests.number(query, "gracePeriodSeconds")
        given = {"gracePeriodSeconds": grace, "propagationPolicy": query.get("propagationPolicy")}
        if query.get("dryRun"):
            given["dryRun"] = [query["dryRun"]]
        if query.get("orphanDependents"):
            given["orphanDependents"] = requests.truth(query, "orphanDependents")
    conditions = given.get("preconditions") or {}
    found = DeleteOptions(
        grace=given.get("gracePeriodSeconds"),
        propagation=_propagation(given),
        uid=conditions.get("uid") or "",
        revision=conditions.get("resourceVersion") or "",
        dry_run=bool(given.get("dryRun")),
    )
    _check(found, given)
    return found


def _propagation(given: Mapping[str, Any]) -> str:
    if given.get("orphanDependents") is not None:
        return "Orphan" if given["orphanDependents"] else "Background"
    return given.get("propagationPolicy") or ""


def _check(found: DeleteOptions, given: Mapping[str, Any]) -> None:
    causes = []
    if found.propagation not in ("", "Orphan", "Background", "Foreground"):
        supported = ("Foreground", "Background", "Orphan", "nil")
        causes.append(fields.not_supported("propagationPolicy", found.propagation, supported))
    if (given.get("dryRun") or ["All"]) != ["All"]:
        causes.append(fields.not_supported("dryRun", given["dryRun"], ("All",)))
    if causes:
        raise errors.invalid_kind("meta.k8s.io", "DeleteOptions", "", causes)


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """What became of it: gone, or marked (`entry` is the object as it is now)."""

    entry: entries.Entry
    gone: bool


def delete(cluster: Cluster, kind: KindInfo, namespace: str, name: str, wanted: DeleteOptions) -> Deletion:
    """Delete or mark the object; not_found, conflict, forbidden."""
    found = cluster.find(kind, namespace, name)
    _preconditions(kind, found, wanted)
    _protected(kind, name)
    marked = _marked(cluster, kind, found, wanted)
    if wanted.dry_run:
        return Deletion(entry=found, gone=marked is None)
    if marked is None:
        return Deletion(entry=cluster.store.delete(found.key), gone=True)
    return Deletion(entry=cluster.store.update(found.key, lambda _: marked), gone=False)


def _preconditions(kind: KindInfo, found: entries.Entry, wanted: DeleteOptions) -> None:
    uid, revision = found.object["metadata"]["uid"], str(found.revision)
    why = ""
    if wanted.uid and wanted.uid != uid:
        why = (
            f"the UID in the precondition ({wanted.uid}) does not match the UID in record ({uid}). "
            "The object might have been deleted and then recreated"
        )
    elif wanted.revision and wanted.revision != revision:
        why = (
            f"the ResourceVersion in the precondition ({wanted.revision}) does not match the ResourceVersion in record "
            f"({revision}). The object might have been modified"
        )
    if why:
        raise errors.precondition_failed(kind.group, kind.kind, found.key.name, why)


def _protected(kind: KindInfo, name: str) -> None:
    if kind.resource == "namespaces" and name in ("default", "kube-system", "kube-public"):
        raise errors.forbidden(kind, name, "this namespace may not be deleted")


def _marked(cluster: Cluster, kind: KindInfo, found: entries.Entry, wanted: DeleteOptions) -> Object | None:
    """The object marked for deletion, or None when nothing holds it."""
    metadata = dict(found.object["metadata"])
    before = metadata.get("finalizers") or []
    finalizers = _finalizers(kind, before, wanted.propagation)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    grace = _grace(kind, found.object, wanted)
    held = finalizers or (kind.resource == "namespaces" and found.object.get("spec", {}).get("finalizers"))
    if not held and not grace:
        return None
    if "deletionTimestamp" not in metadata:
        moment = cluster.clock.now() + timedelta(seconds=grace)
        metadata["deletionTimestamp"] = timestamp(moment)
        metadata["deletionGracePeriodSeconds"] = grace
        if metadata.get("generation"):
            metadata["generation"] += 1
    else:
        metadata["deletionGracePeriodSeconds"] = min(grace, metadata.get("deletionGracePeriodSeconds", 0))
    marked = {**found.object, "metadata": metadata}
    if kind.resource == "namespaces":
        marked["status"] = {**marked.get("status", {}), "phase": "Terminating"}
    return marked


def _finalizers(kind: KindInfo, before: list[str], propagation: str) -> list[str]:
    if not propagation:
        # Finalizers that ask for a policy already stand for it.
        if ORPHAN in before or FOREGROUND in before:
            return before
        propagation = "Orphan" if kind.resource in _ORPHAN_BY_DEFAULT else "Background"
    kept = [one for one in before if one not in (ORPHAN, FOREGROUND)]
    if kind.resource == defining.COLLECTION and CLEANUP not in kept:
        kept.append(CLEANUP)
    return kept + {"Orphan": [ORPHAN], "Foreground": [FOREGROUND]}.get(propagation, [])


def _grace(kind: KindInfo, obj: Object, wanted: DeleteOptions) -> int:
    """Seconds that whoever runs the pod has for stopping it; 0 for whatever runs nowhere."""
    if kind.resource != "pods" or not obj.get("spec", {}).get("nodeName"):
        return 0
    if obj.get("status", {}).get("phase") in ("Failed", "Succeeded"):
        return 0
    if wanted.grace is not None:
        return wanted.grace if wanted.grace >= 0 else 1
    pending: int | None = obj["metadata"].get("deletionGracePeriodSeconds")
    if pending is not None:
        return pending
    default: int = obj["spec"].get("terminationGracePeriodSeconds", 30)
    return default


def success(kind: KindInfo, entry: entries.Entry) -> Object:
    """The Status that answers a deletion that is done."""
    details = {
        "name": entry.key.name,
        "group": kind.group,
        "kind": kind.plural,
        "uid": entry.object["metadata"]["uid"],
    }
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }


def returns_object(kind: KindInfo) -> bool:
    """Whether a finished deletion answers with the object that was."""
    return kind.resource in _RETURNS_OBJECT


def finish(cluster: Cluster, found: entries.Entry, finalizers: list[str]) -> None:
    """Take finalizers off an object marked for deletion; the last one off removes it."""
    metadata = {key: value for key, value in found.object["metadata"].items() if key != "finalizers"}
    if finalizers:
        metadata["finalizers"] = finalizers
    writing.commit(cluster, found, {**found.object, "metadata": metadata})
