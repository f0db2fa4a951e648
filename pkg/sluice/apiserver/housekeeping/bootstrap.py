"""What a cluster holds before anybody wrote to it, beside its namespaces."""

from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import namespaces
from sluice.apiserver.messages import requests
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import writing

_PRIORITIES = (
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
)


_SERVICE: Object = {
    "metadata": {
        "name": "kubernetes",
        "namespace": "default",
        "labels": {"component": "apiserver", "provider": "kubernetes"},
    },
    "spec": {
        "clusterIP": "10.96.0.1",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
    },
}


def begin(cluster: Cluster) -> None:
    """Create what is missing; the namespaces must be there."""
    create(cluster, "", "services", _SERVICE)
    for name, value, about in _PRIORITIES:
        priority = {"metadata": {"name": name}, "value": value, "description": about}
        create(cluster, "scheduling.k8s.io", "priorityclasses", priority)


def create(cluster: Cluster, group: str, plural: str, obj: Object) -> None:
    """Create an object of a v1 kind, or leave the one that is there."""
    kind = cluster.registry.at(group, "v1", plural)
    assert kind is not None
    metadata = obj["metadata"]
    if cluster.store.get(cluster.key(kind, metadata.get("namespace", ""), metadata["name"])) is not None:
        return
    target = requests.Target(
        verb="create", path="", group=group, version="v1", plural=plural, namespace=metadata.get("namespace", "")
    )
    writing.create(writing.Write(cluster=cluster, kind=kind, target=target, options=namespaces.MANAGER), obj)
