from datetime import UTC, datetime
from typing import Any

import pytest

from sluice import aio
from sluice.apiserver import auth, kinds
from sluice.apiserver.catalog import registry
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.storage import store
from sluice.apiserver.writes import writing

Object = dict[str, Any]


class Yard:
    """A cluster without a front door, and short words for what tests do to it."""

    def __init__(self) -> None:
        self.clock = aio.VirtualClock(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
        self.cluster = Cluster(store=store.Store(), registry=registry.Registry(kinds.builtin()), clock=self.clock)
        self.key = auth.SigningKey()
        self.authorizer = auth.Authorizer(self.cluster.store)
        self.authenticator = auth.Authenticator(self.cluster, key=self.key, authorizer=self.authorizer)
        for name in ("default", "apps"):
            self.create("v1", "Namespace", name)

    def kind(self, api_version: str, kind: str) -> kinds.KindInfo:
        return self.cluster.registry.builtin(api_version, kind)

    def create(self, api_version: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Object:
        info = self.kind(api_version, kind)
        metadata: Object = {"name": name, **fields.pop("metadata", {})}
        if namespace:
            metadata["namespace"] = namespace
        write = writing.Write.own(self.cluster, info, "tests", namespace=namespace)
        obj = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
        return writing.create(write, obj).object

    def delete(self, api_version: str, kind: str, name: str, namespace: str = "") -> None:
        self.cluster.store.delete(self.cluster.key(self.kind(api_version, kind), namespace, name))

    def role(self, name: str, *rules: Object, namespace: str = "", **fields: Any) -> Object:
        kind = "Role" if namespace else "ClusterRole"
        return self.create(RBAC, kind, name, namespace, rules=list(rules), **fields)

    def bind(self, name: str, role: str, *subjects: Object, namespace: str = "", kind: str = "ClusterRole") -> Object:
        binding = "RoleBinding" if namespace else "ClusterRoleBinding"
        reference = {"apiGroup": GROUP, "kind": kind, "name": role}
        return self.create(RBAC, binding, name, namespace, roleRef=reference, subjects=list(subjects))


GROUP = "rbac.authorization.k8s.io"
RBAC = f"{GROUP}/v1"


@pytest.fixture
def yard() -> Yard:
    return Yard()
