"""The roles and bindings every cluster starts with."""

import json
from pathlib import Path
from typing import Final

from sluice import schema
from sluice.apiserver.auth import aggregating
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.messages import requests
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import writing

_MANAGER: Final = "kube-apiserver"


def objects() -> list[Object]:
    """ClusterRoles and ClusterRoleBindings, as Kubernetes 1.36 has them (the ones a user meets)."""
    read: list[Object] = json.loads(Path(__file__).with_name("bootstrap.json").read_text("utf-8"))
    return read


def bootstrap(cluster: Cluster) -> None:
    """Store those that are missing; what somebody changed stays changed."""
    for obj in objects():
        kind = cluster.registry.of(schema.GVK("rbac.authorization.k8s.io", "v1", obj["kind"]))
        assert kind is not None
        if cluster.store.get(cluster.key(kind, "", obj["metadata"]["name"])) is not None:
            continue
        target = requests.Target(verb="create", path="", group=kind.group, version=kind.version, plural=kind.plural)
        options = requests.WriteOptions(manager=_MANAGER)
        writing.create(writing.Write(cluster=cluster, kind=kind, target=target, options=options), obj)
    aggregating.settle(cluster)
