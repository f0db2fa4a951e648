"""Health as it happens."""

from __future__ import annotations

from typing import Any

from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa
from sluice.testing import polling


def claim(cluster: Cluster) -> dict[str, Any]:
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk", "namespace": cluster.namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "none-such",
        },
    }
    return ssa.prepared(body, OWNER)


async def set_phase(cluster: Cluster, phase: str) -> None:
    resource = await cluster.client.resource_for("v1", "PersistentVolumeClaim")
    await cluster.client.patch(
        resource,
        "disk",
        cluster.namespace,
        {"status": {"phase": phase}},
        kind=kube.PatchType.MERGE,
        subresource="status",
        manager="binder",
    )


async def test_a_change_of_status_is_seen_and_told(cluster: Cluster) -> None:
    told: list[str] = []
    readiness = ssa.Readiness(
        cluster.client, cluster.manager, tasks=cluster.tasks, changed=lambda identity: told.append(identity.name)
    )
    await cluster.apply(claim(cluster), cluster.config_map("cm"))
    target, config_map = kube.ObjectRef.of(claim(cluster)), kube.ObjectRef.of(cluster.config_map("cm"))

    async def status(ref: kube.ObjectRef = target) -> str:
        return str(readiness.of(ref).status)

    assert await status() == "Unknown", "nobody follows it yet"
    await readiness.follow(OWNER, [target, config_map])
    await polling.eventually(status, lambda seen: seen == "InProgress")
    assert await status(config_map) == "Current"
    told.clear()
    await set_phase(cluster, "Bound")
    await polling.eventually(status, lambda seen: seen == "Current")
    assert told[-1:] == ["disk"]
    readiness.release(OWNER)
    assert await status() == "Unknown"


async def test_objects_that_others_made_are_followed_one_by_one(cluster: Cluster) -> None:
    readiness = ssa.Readiness(cluster.client, cluster.manager, tasks=cluster.tasks, changed=lambda identity: None)
    target = kube.ObjectRef(group="", version="v1", kind="ConfigMap", namespace=cluster.namespace, name="theirs")
    unknown = kube.ObjectRef(group="example.com", version="v1", kind="Nope", namespace="", name="x")

    async def status() -> str:
        return str(readiness.of(target).status)

    await readiness.follow(OWNER, [target, unknown])
    assert await status() == "NotFound"
    assert str(readiness.of(unknown).status) == "Unknown"
    await cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}})
    await polling.eventually(status, lambda seen: seen == "Current")
    await cluster.delete("ConfigMap", "theirs")
    await polling.eventually(status, lambda seen: seen == "NotFound")
