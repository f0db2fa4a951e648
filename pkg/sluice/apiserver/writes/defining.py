"""Keeps the served kinds equal to the CustomResourceDefinitions that are stored.

It happens in the same breath as the write of a CRD, so its kinds are served at once.
"""

from sluice.apiserver.catalog import crds
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object

COLLECTION = "customresourcedefinitions.apiextensions.k8s.io"


def accepted(cluster: Cluster, crd: Object) -> Object:
    """The CRD with the status that tells whether its names are free and it is established."""
    name = crd["metadata"]["name"]
    others = [entry.object for entry in cluster.store.list(COLLECTION).entries if entry.key.name != name]
    return crds.established(crd, others=others, now=cluster.now())


def begin(cluster: Cluster) -> None:
    """Serve the CRDs that are stored, and from now on every change of them."""
    for entry in cluster.store.list(COLLECTION).entries:
        _serve(cluster, entry.object)
    cluster.store.on_change(COLLECTION, lambda event: _follow(cluster, event))


def _follow(cluster: Cluster, event: entries.Event) -> None:
    if event.type != "DELETED":
        _serve(cluster, event.entry.object)
        return
    for kind in cluster.registry.withdraw(event.entry.key.name):
        cluster.store.end_watches(kind.collection)


def _serve(cluster: Cluster, crd: Object) -> None:
    conditions = (crd.get("status") or {}).get("conditions") or []
    if not any(one["type"] == "Established" and one["status"] == "True" for one in conditions):
        return
    cluster.registry.define(crd["metadata"]["name"], crds.kinds(crd))
