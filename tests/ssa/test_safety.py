"""What is not ours, or not ours any more, is neither deleted nor overwritten, even when it changes under our hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa
from sluice.testing import polling

PREFIX = "kustomize.toolkit.fluxcd.io"


def before(monkeypatch: pytest.MonkeyPatch, client: kube.Client, verb: str, act: Callable[[], Awaitable[Any]]) -> None:
    """Have something happen right before the manager's next request of this verb: a race, made certain."""
    original = getattr(client, verb)
    pending = [act]

    async def raced(*arguments: Any, **options: Any) -> Any:
        if pending and not options.get("dry_run"):
            await pending.pop()()
        return await original(*arguments, **options)

    monkeypatch.setattr(client, verb, raced)


async def prune(cluster: Cluster, *refs: kube.ObjectRef) -> list[str]:
    return [f"{change.ref.name} {change.action}" for change in await cluster.manager.prune(refs, OWNER)]


@pytest.fixture
def own(cluster: Cluster) -> kube.Client:
    """The manager's own client."""
    return cluster.own


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {f"{PREFIX}/name": "other"}},
        {"annotations": {f"{PREFIX}/prune": "disabled"}},
        {"labels": {f"{PREFIX}/reconcile": "disabled"}},
    ],
)
async def test_an_object_that_is_taken_away_or_kept_just_before_its_deletion_stays(
    cluster: Cluster, own: kube.Client, monkeypatch: pytest.MonkeyPatch, metadata: Any
) -> None:
    await cluster.apply(cluster.config_map("a"))
    before(monkeypatch, own, "delete", lambda: cluster.patch("ConfigMap", "a", {"metadata": metadata}))
    assert await prune(cluster, kube.ObjectRef.of(cluster.config_map("a"))) == ["a skipped"]
    assert await cluster.get("ConfigMap", "a") is not None


async def test_an_object_whose_status_moves_is_deleted_all_the_same(
    cluster: Cluster, own: kube.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cluster.apply(cluster.config_map("a"))
    before(monkeypatch, own, "delete", lambda: cluster.patch("ConfigMap", "a", {"data": {"more": "x"}}))
    assert await prune(cluster, kube.ObjectRef.of(cluster.config_map("a"))) == ["a deleted"]
    assert await cluster.get("ConfigMap", "a") is None


async def test_an_object_made_by_somebody_else_in_the_meantime_is_not_overwritten_if_it_need_only_exist(
    cluster: Cluster, own: kube.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "theirs"}}
    for verb in ("apply", "create"):
        before(monkeypatch, own, verb, lambda: cluster.put(theirs, by="operator"))
    wanted = cluster.config_map("a", annotations={f"{PREFIX}/ssa": "IfNotPresent"})
    assert await cluster.apply(wanted) == ["a skipped"]
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["data"] == {"k": "theirs"}
    assert await cluster.apply(wanted) == ["a skipped"]


async def test_taking_fields_over_keeps_what_others_came_to_own_meanwhile(
    cluster: Cluster, own: kube.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectls = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "old", "x": "y"}}
    await cluster.put(kubectls)
    rival = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"theirs": "1"}}
    before(monkeypatch, own, "patch", lambda: cluster.put(rival, by="operator"))
    assert await cluster.apply(cluster.config_map("a")) == ["a configured"]
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["data"] == {"k": "v", "theirs": "1"}
    assert {entry["manager"] for entry in found["metadata"]["managedFields"]} == {"kustomize-controller", "operator"}


def widgets(group: str, version: str) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


async def test_an_object_is_found_in_the_version_that_its_kind_is_served_in_now(cluster: Cluster) -> None:
    crd = widgets(f"{cluster.namespace}.example.com", "v2")
    crds = await cluster.client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    await cluster.client.create(crds, crd, manager="tests")
    try:
        widget = ssa.prepared(
            {
                "apiVersion": f"{crd['spec']['group']}/v2",
                "kind": "Widget",
                "metadata": {"name": "w", "namespace": cluster.namespace},
            },
            OWNER,
        )

        async def applied() -> bool:
            try:
                return await cluster.apply(widget) == ["w created"]
            except ssa.ApplyFailed:
                return False

        await polling.eventually(applied, what="the kind")
        booked = ssa.Identity.of(widget).at("v1beta1")
        assert await prune(cluster, booked) == ["w deleted"]
        assert await cluster.get("Widget", "w", widget["apiVersion"]) is None
    finally:
        await cluster.client.delete(crds, crd["metadata"]["name"])


async def test_what_cannot_be_the_name_of_an_object_is_never_part_of_a_path(cluster: Cluster) -> None:
    namespaces = await cluster.client.resource_for("v1", "Namespace")
    await cluster.client.patch(
        namespaces,
        cluster.namespace,
        "",
        {"metadata": {"labels": OWNER.labels}},
        kind=kube.PatchType.MERGE,
        manager="tests",
    )
    entries = [{"id": f"{cluster.namespace}_.._" + "_ConfigMap", "v": "v1"}, {"id": "_x__ConfigMap", "v": "v1"}]
    inventory = ssa.Inventory.from_status({"entries": entries})
    assert await prune(cluster, *inventory) == ["x skipped"]
    with pytest.raises(ssa.ApplyFailed, match="no names"):
        await cluster.apply(cluster.config_map(".."))
    assert "deletionTimestamp" not in (await cluster.client.get(namespaces, cluster.namespace))["metadata"]


async def test_force_deletes_neither_a_definition_nor_what_could_not_be_created_again(cluster: Cluster) -> None:
    crd = widgets(f"{cluster.namespace}.example.org", "v1")
    crds = await cluster.client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    made = await cluster.client.create(crds, crd, manager="tests")
    try:
        other = {**crd, "spec": {**crd["spec"], "scope": "Cluster"}}
        with pytest.raises(ssa.ApplyFailed, match="immutable"):
            await cluster.apply(ssa.prepared(other, OWNER), force=True)
        assert (await cluster.client.get(crds, crd["metadata"]["name"]))["metadata"]["uid"] == made["metadata"]["uid"]
    finally:
        await cluster.client.delete(crds, crd["metadata"]["name"])
    await cluster.apply(cluster.config_map("a"))
    with pytest.raises(ssa.ApplyFailed):
        await cluster.apply(cluster.config_map("a", {"k": "2"}, uid="00000000-0000-0000-0000-000000000000"), force=True)
    assert await cluster.get("ConfigMap", "a") is not None


async def test_names_that_an_inventory_spells_alike_are_not_pruned_for_each_other(cluster: Cluster) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a__b"}}
    inventory = ssa.Inventory.of([kube.ObjectRef.of(role)])
    assert ssa.Inventory.from_status(inventory.to_status()).without(inventory) == []


async def test_a_cluster_set_back_to_an_earlier_state_is_looked_at_anew(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"))
    identity = ssa.Identity.of(cluster.config_map("a"))
    record = cluster.manager.memory.get(identity)
    assert record is not None
    await polling.eventually(lambda: seen(cluster, identity), what="the watch")
    ahead = {"resource_version": "999999999", "at": record.at - 60}
    cluster.manager.memory.put(identity, type(record)(**{**vars(record), **ahead}))
    await cluster.apply(cluster.config_map("a"))
    assert cluster.seen["PATCH"] == 1


async def seen(cluster: Cluster, identity: ssa.Identity) -> bool:
    return cluster.manager.view.get(identity) is not None
