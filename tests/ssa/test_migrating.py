"""Objects whose kind got a newer version: what others own in the older one is noted for the newer one first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.ssa.conftest import OWNER, Cluster

from sluice import ssa
from sluice.ssa import takeover
from sluice.testing import polling

GROUP = "migrating.example.com"


def served(name: str, *, storage: bool) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}}


DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"gears.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"kind": "Gear", "plural": "gears", "singular": "gear", "listKind": "GearList"},
        "versions": [served("v1beta1", storage=False), served("v1", storage=True)],
    },
}


def gear(cluster: Cluster, version: str, **spec: int) -> dict[str, Any]:
    metadata = {"name": "g", "namespace": cluster.namespace}
    return {"apiVersion": f"{GROUP}/{version}", "kind": "Gear", "metadata": metadata, "spec": spec}


async def versions(cluster: Cluster) -> set[str]:
    found = await cluster.get("Gear", "g", f"{GROUP}/v1") or {}
    return {entry["apiVersion"].rpartition("/")[2] for entry in found["metadata"]["managedFields"]}


@pytest.fixture
async def gears(cluster: Cluster) -> AsyncIterator[None]:
    """The kind Gear, served in two versions."""
    definitions = await cluster.client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    await cluster.client.apply(definitions, DEFINITION, manager="kubectl")

    async def defined() -> bool:
        found = await cluster.client.get(definitions, f"gears.{GROUP}", "")
        conditions = found.get("status", {}).get("conditions") or []
        return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

    await polling.eventually(defined, what="the definition")
    cluster.client.discovery.invalidate()
    cluster.own.discovery.invalidate()
    yield
    await cluster.client.delete(definitions, f"gears.{GROUP}", "")


@pytest.mark.usefixtures("gears")
async def test_before_an_apply_every_entry_is_noted_for_the_applied_version(cluster: Cluster) -> None:
    await cluster.put(gear(cluster, "v1beta1", teeth=8, spare=1), by="someone")
    plain = ssa.ResourceManager(cluster.own, tasks=cluster.tasks)
    await plain.apply([ssa.prepared(gear(cluster, "v1", teeth=9), OWNER)], OWNER)
    assert await versions(cluster) == {"v1", "v1beta1"}
    migrating = ssa.ResourceManager(cluster.own, tasks=cluster.tasks, settings=ssa.Settings(migrate_api_version=True))
    done = await migrating.apply([ssa.prepared(gear(cluster, "v1", teeth=10), OWNER)], OWNER)
    assert [str(change.action) for change in done] == ["configured"]
    assert await versions(cluster) == {"v1"}
    found = await cluster.get("Gear", "g", f"{GROUP}/v1") or {}
    assert found["spec"] == {"teeth": 10, "spare": 1}
    again = await migrating.apply([ssa.prepared(gear(cluster, "v1", teeth=10), OWNER)], OWNER)
    assert [str(change.action) for change in again] == ["unchanged"]


def test_two_entries_of_one_manager_become_one_and_no_field_is_lost() -> None:
    def entry(version: str, field: str) -> dict[str, Any]:
        owned: dict[str, Any] = {"f:spec": {field: {}}}
        return {"manager": "m", "operation": "Update", "apiVersion": version, "fieldsV1": owned}

    live = {"metadata": {"managedFields": [entry("g/v1beta1", "f:a"), entry("g/v1", "f:b")]}}
    (operation,) = takeover.migration({"apiVersion": "g/v1", "metadata": {}}, live, manager="x", managers=())
    assert operation["value"] == [{**entry("g/v1", "f:a"), "fieldsV1": {"f:spec": {"f:a": {}, "f:b": {}}}}]
