"""What a cluster holds before anybody wrote to it, beside its namespaces."""

from sluice.apiserver.cluster import Cluster
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import writing

_MANAGER = "kube-apiserver"
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
    writing.ensure(cluster, cluster.registry.builtin("v1", "Service"), _SERVICE, manager=_MANAGER)
    kind = cluster.registry.builtin("scheduling.k8s.io/v1", "PriorityClass")
    for name, value, about in _PRIORITIES:
        priority = {"metadata": {"name": name}, "value": value, "description": about}
        writing.ensure(cluster, kind, priority, manager=_MANAGER)
