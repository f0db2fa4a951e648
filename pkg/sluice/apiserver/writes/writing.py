"""From an object a client sent to a stored one: the road every create and update takes.

prepare (the server's fields) -> admit (prune, default, validate) -> count the generation -> managed fields -> store.
Nothing here waits, so no other write comes between the read of the live object and the store.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from sluice import merge
from sluice.apiserver import errors
from sluice.apiserver.catalog import conversion
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import requests
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.writes import admitting, checking, names, preparing, specifics

# Like custom kinds, these are updated by those alone who say which version they mean.
_NEVER_UNCONDITIONAL = frozenset(
    {
        "csidrivers.storage.k8s.io",
        "csinodes.storage.k8s.io",
        "csistoragecapacities.storage.k8s.io",
        "leases.coordination.k8s.io",
        "mutatingadmissionpolicies.admissionregistration.k8s.io",
        "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "poddisruptionbudgets.policy",
        "runtimeclasses.node.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "volumeattachments.storage.k8s.io",
    }
)
# What is written through these is what became of the wish, not the wish.
_UNCOUNTED = frozenset({"status", "approval"})
Change = Callable[[Object], Object]
Guard = Callable[[KindInfo, Object, Object | None], None]


def _nobody_objects(kind: KindInfo, obj: Object, live: Object | None) -> None:
    """The guard of writes that the server makes itself."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write: where, and how."""

    cluster: Cluster
    kind: KindInfo
    target: requests.Target
    options: requests.WriteOptions = field(default_factory=requests.WriteOptions)
    guard: Guard = _nobody_objects
    """May refuse the object that is about to be stored."""

    @classmethod
    def own(
        cls,
        cluster: Cluster,
        kind: KindInfo,
        manager: str,
        *,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
    ) -> Self:
        """A write that the server makes of its own accord, under a manager's name."""
        target = requests.Target(
            verb="update" if name else "create",
            path="",
            group=kind.group,
            version=kind.version,
            plural=kind.plural,
            namespace=namespace,
            name=name,
            subresource=subresource,
        )
        return cls(cluster=cluster, kind=kind, target=target, options=requests.WriteOptions(manager=manager))

    @property
    def ignored(self) -> merge.FieldSet:
        """The fields this endpoint leaves as they are, and so lets nobody own."""
        kind = self.kind
        return merge.reset_fields(
            kind.group,
            kind.kind,
            subresource=self.target.subresource,
            custom=kind.crd is not None,
            has_status="status" in kind.subresources,
        )

    @property
    def key(self) -> entries.Key:
        """Where the object is, or will be, stored."""
        return self.cluster.key(self.kind, self.target.namespace, self.target.name)


def create(write: Write, obj: Object, *, managed: bool = False) -> entries.Entry:
    """Store a new object; with `managed` its managedFields are right already (server-side apply)."""
    kind, cluster = write.kind, write.cluster
    if obj["metadata"].get("resourceVersion"):
        raise errors.unexplained("resourceVersion should not be set on objects to be created")
    obj = names.generated(kind, obj)
    checking.namespace(cluster, kind, obj)
    prepared = preparing.for_create(kind, obj, now=cluster.now())
    obj = specifics.on_create(kind, prepared)
    unowned = write.ignored.union(specifics.added(prepared, obj))
    obj = admitting.admit(kind, obj, None, applied=managed)
    write.guard(kind, obj, None)
    if not managed:
        obj = _managed(write, None, obj, unowned)
    obj = admitting.complete(cluster, kind, obj, None)
    key = cluster.key(kind, obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
    if cluster.store.get(key) is not None:
        raise errors.already_exists(kind, key.name)
    stored = conversion.to_storage(kind, obj)
    if write.options.dry_run:
        return entries.Entry(key, stored, 0)
    return cluster.store.create(key, stored)


def ensure(cluster: Cluster, kind: KindInfo, obj: Object, *, manager: str) -> None:
    """Create an object of the server's own, or leave the one of that name as it is."""
    namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
    if cluster.store.get(cluster.key(kind, namespace, name)) is None:
        create(Write.own(cluster, kind, manager, namespace=namespace), obj)


def update(write: Write, change: Change, *, managed: bool = False) -> entries.Entry:
    """Store what `change` makes of the live object in the request's version."""
    kind, cluster = write.kind, write.cluster
    found = cluster.find(kind, write.target.namespace, write.target.name)
    live = conversion.from_storage(kind, found.object)
    obj = change(live)
    _precondition(kind, obj, live)
    obj = preparing.for_update(kind, obj, live, subresource=write.target.subresource)
    obj = admitting.admit(kind, obj, live, applied=managed)
    write.guard(kind, obj, live)
    if not managed:
        obj = _managed(write, live, obj, write.ignored)
    obj = admitting.complete(cluster, kind, obj, live)
    if write.target.subresource not in _UNCOUNTED:
        obj = preparing.counted(kind, obj, live)
    if merge.keep_times(live, obj) is live:
        return found
    stored = conversion.to_storage(kind, obj)
    if write.options.dry_run:
        return entries.Entry(found.key, stored, found.revision)
    return commit(cluster, found, stored)


def commit(cluster: Cluster, found: entries.Entry, obj: Object) -> entries.Entry:
    """Store the object, or remove it for good when its deletion was waiting for nothing else."""
    if finished(obj):
        cluster.store.update(found.key, lambda _: obj)
        return cluster.store.delete(found.key)
    return cluster.store.update(found.key, lambda _: obj)


def finished(obj: Object) -> bool:
    """Whether an object marked for deletion has nothing left that holds it."""
    metadata = obj["metadata"]
    held = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds")
    if obj["kind"] == "Namespace" and obj["apiVersion"] == "v1":
        held = held or obj.get("spec", {}).get("finalizers")
    return "deletionTimestamp" in metadata and not held


def meant(kind: KindInfo, obj: Object, live: Object) -> None:
    """Conflict when a uid or resourceVersion in the object says that it means another one, or another state."""
    wanted, current = obj["metadata"], live["metadata"]
    uid, revision = wanted.get("uid"), wanted.get("resourceVersion")
    if uid and uid != current["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {current['uid']}"
        raise errors.conflict(kind, current["name"], why)
    if revision and revision != current["resourceVersion"]:
        raise errors.conflict(kind, current["name"])


def _precondition(kind: KindInfo, obj: Object, live: Object) -> None:
    meant(kind, obj, live)
    metadata, name = obj["metadata"], live["metadata"]["name"]
    if not metadata.get("resourceVersion") and (kind.crd is not None or kind.resource in _NEVER_UNCONDITIONAL):
        raise errors.invalid(
            kind, name, [fields.invalid("metadata.resourceVersion", 0, "must be specified for an update")]
        )


def _managed(write: Write, live: Object | None, obj: Object, unowned: merge.FieldSet) -> Object:
    return merge.update(
        live,
        obj,
        manager=write.options.manager,
        schema=write.kind.schema,
        now=write.cluster.now(),
        subresource=write.target.subresource,
        ignored=unowned,
    )
