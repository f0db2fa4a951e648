"""Health as it happens."""

from __future__ import annotations

from typing import Any

from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa, testing
from sluice.testing import builders, polling


def slow(cluster: Cluster) -> dict[str, Any]:
    """An object whose controller is the test: current once it says so."""
    return ssa.prepared(builders.git_repository("slow", cluster.namespace, "http://127.0.0.1:1/none.git"), OWNER)


async def finish(cluster: Cluster) -> None:
    ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "done"}
    done = {"observedGeneration": 1, "conditions": [{**ready, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
    resource = await cluster.client.resource_for("source.toolkit.fluxcd.io/v1", "GitRepository")
    await cluster.client.patch(
        resource,
        "slow",
        cluster.namespace,
        {"status": done},
        kind=kube.PatchType.MERGE,
        subresource="status",
        manager="tests",
    )


async def test_a_change_of_status_is_seen_and_told(cluster: Cluster) -> None:
    await testing.install_crds(cluster.client)
    told: list[str] = []
    readiness = ssa.Readiness(
        cluster.client, cluster.manager, tasks=cluster.tasks, changed=lambda identity: told.append(identity.name)
    )
    await cluster.apply(slow(cluster), cluster.config_map("cm"))
    target, config_map = kube.ObjectRef.of(slow(cluster)), kube.ObjectRef.of(cluster.config_map("cm"))

    async def status(ref: kube.ObjectRef = target) -> str:
        return str(readiness.of(ref).status)

    assert await status() == "Unknown", "nobody follows it yet"
    await readiness.follow(OWNER, [target, config_map])
    await polling.eventually(status, lambda seen: seen == "InProgress")
    assert await status(config_map) == "Current"
    told.clear()
    await finish(cluster)
    await polling.eventually(status, lambda seen: seen == "Current")
    assert told[-1:] == ["slow"]
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
    assert (str(readiness.of(unknown).status), readiness.of(unknown).message) == (
        "Unknown",
        'no matches for kind "Nope" in group "example.com"',
    )
    await cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}})
    await polling.eventually(status, lambda seen: seen == "Current")
    await cluster.delete("ConfigMap", "theirs")
    await polling.eventually(status, lambda seen: seen == "NotFound")
