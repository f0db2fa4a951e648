"""Deleting what is no longer wanted, and nothing else."""

from __future__ import annotations

import pytest
from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa


async def prune(cluster: Cluster, *names: str) -> list[str]:
    refs = [kube.ObjectRef.of(cluster.config_map(name)) for name in names]
    return [f"{change.ref.name} {change.action}" for change in await cluster.manager.prune(refs, OWNER)]


async def test_objects_go_in_reverse_order_and_absent_ones_count_as_deleted(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"), cluster.config_map("b"))
    assert await prune(cluster, "a", "absent", "b") == ["b deleted", "absent deleted", "a deleted"]
    assert await cluster.get("ConfigMap", "a") is None


async def test_objects_that_are_not_ours_any_more_stay(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"), cluster.config_map("b"), cluster.config_map("c"))
    await cluster.patch("ConfigMap", "a", {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "other"}}})
    await cluster.patch("ConfigMap", "b", {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/namespace": None}}})
    await cluster.patch(
        "ConfigMap", "c", {"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}}
    )
    assert await prune(cluster, "a", "b", "c") == ["c skipped", "b skipped", "a skipped"]
    assert await cluster.get("ConfigMap", "a") is not None


async def test_what_cannot_be_deleted_is_told_and_the_rest_is_deleted(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"))
    served = ssa.Identity(group="metrics.k8s.io", kind="Odd", namespace="", name="x").at("v1beta1")
    service = {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 1, "versionPriority": 1}
    api_service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {**service, "service": {"name": "gone", "namespace": "default"}, "insecureSkipTLSVerify": True},
    }
    resource = await cluster.client.resource_for("apiregistration.k8s.io/v1", "APIService")
    await cluster.client.create(resource, api_service, manager="tests")
    try:
        with pytest.raises(ssa.PruneFailed, match='Odd/x query failed: no matches for kind "Odd"') as failed:
            await cluster.manager.prune([served, kube.ObjectRef.of(cluster.config_map("a"))], OWNER)
    finally:
        await cluster.client.delete(resource, "v1beta1.metrics.k8s.io")
    assert failed.value.survivors == (served,)
    assert str(failed.value.changes) == f"ConfigMap/{cluster.namespace}/a deleted"
