"""The roles and bindings every cluster starts with."""

import json
from pathlib import Path
from typing import Final

from sluice.apiserver.auth import aggregating
from sluice.apiserver.cluster import Cluster
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
        writing.ensure(cluster, cluster.registry.builtin(obj["apiVersion"], obj["kind"]), obj, manager=_MANAGER)
    aggregating.settle(cluster)
