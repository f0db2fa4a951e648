"""The life of a namespace: what it is born with, and how it is emptied before it goes."""

from collections.abc import Iterable

from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import following
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Key, Object
from sluice.apiserver.writes import deleting, writing

INITIAL = ("default", "kube-system", "kube-public", "kube-node-lease")
ROOT_CA = "kube-root-ca.crt"
_ABOUT_ROOT_CA = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)
_SERVER, _CONTROLLER = "kube-apiserver", "kube-controller-manager"


class Namespaces:
    """The namespace controller, and the publishers of each namespace's ServiceAccount and root certificate."""

    def __init__(self, cluster: Cluster, *, authority: str) -> None:
        self._cluster = cluster
        self._authority = authority
        self._dirty: dict[str, None] = {}

    def begin(self) -> None:
        """Create the namespaces every cluster starts with, and what each namespace has."""
        kind = self._cluster.registry.builtin("v1", "Namespace")
        for name in INITIAL:
            writing.ensure(self._cluster, kind, {"metadata": {"name": name}}, manager=_SERVER)
        for entry in self._cluster.store.list("namespaces").entries:
            self._dirty[entry.key.name] = None
        self._settle()

    async def run(self) -> None:
        """Furnish and empty namespaces until the store closes."""
        await following.follow(self._cluster, self._take, self._settle)

    def _take(self, event: entries.Event) -> None:
        key = event.entry.key
        if key.resource == "namespaces":
            self._dirty[key.name] = None
        elif event.type == "DELETED" or (key.resource == "configmaps" and key.name == ROOT_CA):
            self._dirty[key.namespace] = None

    def _settle(self) -> None:
        dirty, self._dirty = self._dirty, {}
        for name in dirty:
            found = self._cluster.store.get(Key("namespaces", "", name))
            if found is None:
                continue
            if "deletionTimestamp" in found.object["metadata"]:
                self._empty(found)
            else:
                self._furnish(name)

    def _furnish(self, name: str) -> None:
        """The default ServiceAccount and the certificate authority's ConfigMap, also after somebody removed them."""
        self._ensure("ServiceAccount", {"metadata": {"name": "default", "namespace": name}})
        data = {"ca.crt": self._authority}
        found = self._cluster.store.get(Key("configmaps", name, ROOT_CA))
        if found is None:
            annotations = {"kubernetes.io/description": _ABOUT_ROOT_CA}
            metadata = {"name": ROOT_CA, "namespace": name, "annotations": annotations}
            self._ensure("ConfigMap", {"metadata": metadata, "data": data})
        elif found.object.get("data") != data:
            self._cluster.store.update(found.key, lambda obj: {**obj, "data": data})

    def _empty(self, found: entries.Entry) -> None:
        """Delete what is inside; when nothing is left, the namespace itself."""
        name, left = found.key.name, []
        for kind in self._inside():
            for entry in self._cluster.store.list(kind.collection, name).entries:
                if "deletionTimestamp" not in entry.object["metadata"]:
                    wanted = deleting.DeleteOptions(propagation="Background")
                    deleting.delete(self._cluster, kind, name, entry.key.name, wanted)
                remaining = self._cluster.store.get(entry.key)
                if remaining is not None:
                    left.append((kind, remaining.object))
        if left:
            self._cluster.store.update(found.key, lambda obj: _with_conditions(obj, _held(left), self._cluster.now()))
            return
        finalizers = [one for one in found.object.get("spec", {}).get("finalizers") or [] if one != "kubernetes"]
        spec = {"finalizers": finalizers} if finalizers else {}
        writing.commit(self._cluster, found, {**found.object, "spec": spec})

    def _inside(self) -> Iterable[KindInfo]:
        """Each kind with objects in namespaces, once, in its storage version."""
        return [kind for kind in self._cluster.registry if kind.namespaced and kind.gvk == kind.storage]

    def _ensure(self, kind: str, obj: Object) -> None:
        writing.ensure(self._cluster, self._cluster.registry.builtin("v1", kind), obj, manager=_CONTROLLER)


def _held(left: list[tuple[KindInfo, Object]]) -> list[Object]:
    """Conditions that say what a terminating namespace still waits for."""
    kinds: dict[str, int] = {}
    finalizers: dict[str, int] = {}
    for kind, obj in left:
        kinds[kind.resource] = kinds.get(kind.resource, 0) + 1
        for finalizer in obj["metadata"].get("finalizers") or []:
            finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
    content = ", ".join(f"{name} has {count} resource instances" for name, count in sorted(kinds.items()))
    held = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    waiting = f"Some content in the namespace has finalizers remaining: {held}"
    return [
        _condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", _FINE[0]),
        _condition("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", _FINE[1]),
        _condition("NamespaceDeletionContentFailure", "False", "ContentDeleted", _FINE[2]),
        _condition(
            "NamespaceContentRemaining", "True", "SomeResourcesRemain", f"Some resources are remaining: {content}"
        ),
        _condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", waiting)
        if held
        else _condition("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", _FINE[3]),
    ]


_FINE = (
    "All resources successfully discovered",
    "All legacy kube types successfully parsed",
    "All content successfully deleted, may be waiting on finalization",
    "All content-preserving finalizers finished",
)


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def _with_conditions(obj: Object, wanted: list[Object], now: str) -> Object:
    """The namespace with these conditions; a condition whose status stays keeps its time."""
    status = obj.get("status", {})
    times = {(one["type"], one["status"]): one.get("lastTransitionTime", now) for one in status.get("conditions") or []}
    conditions = [{**one, "lastTransitionTime": times.get((one["type"], one["status"]), now)} for one in wanted]
    return {**obj, "status": {**status, "conditions": conditions}}
