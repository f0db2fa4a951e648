"""Applying sets of objects to a real API server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa
from sluice.ssa import errors
from sluice.testing import polling

DEPLOYMENT = {
    "replicas": 0,
    "selector": {"matchLabels": {"app": "web"}},
    "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}},
}


def deployment(cluster: Cluster, spec: dict[str, Any], **meta: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": cluster.namespace, **meta}
    return ssa.prepared({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}, OWNER)


def owned(api_version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    return ssa.prepared(body, OWNER)


def with_app(app: str) -> dict[str, Any]:
    template = {**DEPLOYMENT["template"], "metadata": {"labels": {"app": app}}}  # type: ignore[dict-item]
    return {**DEPLOYMENT, "selector": {"matchLabels": {"app": app}}, "template": template}


async def test_objects_are_created_then_unchanged_without_a_single_request(cluster: Cluster) -> None:
    objects = [cluster.config_map(name) for name in ("b", "a", "c")]
    assert await cluster.apply(*objects) == ["a created", "b created", "c created"]
    assert await cluster.apply(*objects) == ["a unchanged", "b unchanged", "c unchanged"]
    assert not cluster.seen


async def test_a_change_in_git_writes_that_object_alone(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"), cluster.config_map("b"))
    assert await cluster.apply(cluster.config_map("a", {"k": "new"}), cluster.config_map("b")) == [
        "a configured",
        "b unchanged",
    ]
    assert cluster.seen == {"PATCH": 1}
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["data"] == {"k": "new"}


async def test_a_change_by_hand_is_put_back_and_fields_of_others_stay(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"))
    await cluster.patch("ConfigMap", "a", {"data": {"k": "by hand", "own": "field"}})

    async def again() -> list[str]:
        return await cluster.apply(cluster.config_map("a"))

    await polling.eventually(again, lambda done: done == ["a configured"], what="drift to be noticed")
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["data"] == {"k": "v", "own": "field"}
    assert await again() == ["a unchanged"]


@pytest.mark.usefixtures("alone")
async def test_a_new_memory_finds_unchanged_objects_unchanged(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"))
    await cluster.see(cluster.config_map("a"))
    cluster.manager.release(OWNER)
    assert await cluster.apply(cluster.config_map("a")) == ["a unchanged"]
    assert cluster.seen == {"GET": 1}


async def test_an_object_that_somebody_made_before_it_was_seen_is_looked_at(cluster: Cluster) -> None:
    disabled = {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", **disabled}, "data": {"k": "theirs"}}
    await cluster.put(theirs, by="someone")
    assert await cluster.apply(cluster.config_map("a")) == ["a skipped"]
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert (found["data"], "labels" in found["metadata"]) == ({"k": "theirs"}, False)


async def test_fields_that_kubectl_applied_are_taken_over_and_go_with_git(cluster: Cluster) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v", "old": "x"}}
    annotated = {**body, "metadata": {"name": "a", "annotations": {"fluxcd.io/sync-checksum": "x"}}}
    await cluster.put(annotated, by="kubectl")
    assert await cluster.apply(cluster.config_map("a")) == ["a configured"]
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["data"] == {"k": "v"}
    assert "annotations" not in found["metadata"]
    assert [entry["manager"] for entry in found["metadata"]["managedFields"]] == ["kustomize-controller"]


async def test_the_ssa_switches_are_obeyed(cluster: Cluster) -> None:
    switch = "kustomize.toolkit.fluxcd.io/ssa"
    for name, data in (("a", {"k": "old"}), ("b", {"k": "old"}), ("c", {"other": "1"})):
        await cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
    objects = [
        cluster.config_map("a", annotations={switch: "IfNotPresent"}),
        cluster.config_map("b", annotations={switch: "Ignore"}),
        cluster.config_map("c", annotations={switch: "Merge"}),
        cluster.config_map("d", labels={switch: "ifnotpresent"}),
    ]
    assert await cluster.apply(*objects) == ["a skipped", "b skipped", "c configured", "d created"]
    created = await cluster.get("ConfigMap", "d") or {}
    assert [entry["operation"] for entry in created["metadata"]["managedFields"]] == ["Apply"]
    found: Any = {name: (await cluster.get("ConfigMap", name) or {})["data"] for name in "abcd"}
    assert found == {"a": {"k": "old"}, "b": {"k": "old"}, "c": {"k": "v", "other": "1"}, "d": {"k": "v"}}
    assert await cluster.apply(*objects) == ["a skipped", "b skipped", "c unchanged", "d skipped"]


async def test_a_live_object_that_is_disabled_is_left_alone(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("a"))
    disabled = {"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "Disabled"}}}
    await cluster.patch("ConfigMap", "a", {**disabled, "data": {"k": "mine"}})

    # Whether the watch has shown the switch or not.
    assert await cluster.apply(cluster.config_map("a", {"k": "new"})) == ["a skipped"]
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["data"] == {"k": "mine"}
    assert await cluster.apply(cluster.config_map("a", {"k": "new"})) == ["a skipped"]
    assert not cluster.seen
    pruned = await cluster.manager.prune([kube.ObjectRef.of(cluster.config_map("a"))], OWNER)
    assert [str(change.action) for change in pruned] == ["skipped"]
    assert await cluster.get("ConfigMap", "a") is not None


async def test_every_refusal_is_told_and_keeps_nothing_else_from_being_applied(cluster: Cluster) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": cluster.namespace}}
    objects = [
        cluster.config_map("Bad_Name"),
        ssa.prepared({**service, "spec": {"ports": [{"port": 99999}]}}, OWNER),
        ssa.prepared(
            {"apiVersion": "example.com/v1", "kind": "Nope", "metadata": {"name": "x", "namespace": "n"}}, OWNER
        ),
        ssa.prepared({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lost"}}, OWNER),
        {**cluster.config_map("far"), "metadata": {"name": "far", "namespace": "no-such-namespace"}},
        cluster.config_map("good"),
    ]
    with pytest.raises(ssa.ApplyFailed) as failed:
        await cluster.apply(*objects)
    *lines, done = str(failed.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ConfigMap/lost namespace not specified",
        "ConfigMap/no-such-namespace/far not found",
        f"ConfigMap/{cluster.namespace}/Bad_Name dry-run failed (Invalid)",
        f"Service/{cluster.namespace}/s dry-run failed (Invalid)",
        "Nope/n/x dry-run failed",
    ]
    assert lines[-1].endswith('no matches for kind "Nope" in version "example.com/v1"')
    assert 'ConfigMap/no-such-namespace/far not found: namespaces "no-such-namespace" not found' in lines
    assert done == f"ConfigMap/{cluster.namespace}/good created"
    assert [str(change) for change in failed.value.changes] == [done]
    assert await cluster.get("ConfigMap", "good") is not None


async def test_an_object_that_does_not_fit_its_schema_is_not_taken_for_trouble_of_the_server(cluster: Cluster) -> None:
    with pytest.raises(ssa.ApplyFailed, match="expected string") as failed:
        await cluster.apply({**cluster.config_map("a"), "data": {"k": 1}})
    assert not failed.value.passing
    unreadable = kube.ServerError(500, "", "failed to convert new object (ns/s; /v1, Kind=Secret) to proper version: …")
    assert not errors.is_passing(unreadable)
    assert errors.is_passing(kube.ServerError(500, "InternalError", "Internal error occurred: …"))


async def test_a_namespace_comes_before_what_is_in_it(cluster: Cluster) -> None:
    inner = f"{cluster.namespace}-inner"
    namespace = ssa.prepared(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inner, "namespace": "x"}}, OWNER
    )
    inside = ssa.prepared(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm", "namespace": inner}}, OWNER
    )
    done = await cluster.manager.apply([inside, namespace], OWNER)
    assert str(done) == f"Namespace/{inner} created\nConfigMap/{inner}/cm created"
    assert str(await cluster.manager.prune(done.refs(), OWNER)) == (
        f"ConfigMap/{inner}/cm deleted\nNamespace/{inner} deleted"
    )


async def test_a_definition_comes_before_its_objects(cluster: Cluster) -> None:
    group = f"{cluster.namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Cluster",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "ignored"}}
    objects = [ssa.prepared(widget, OWNER), ssa.prepared(crd, OWNER)]
    done = await cluster.manager.apply(objects, OWNER)
    assert str(done) == f"CustomResourceDefinition/widgets.{group} created\nWidget/w created"
    assert [str(change.action) for change in await cluster.manager.apply(objects, OWNER)] == ["unchanged"] * 2
    assert not (await cluster.manager.apply(objects, OWNER)).changed
    await cluster.manager.prune(done.refs(), OWNER)
    gone = await cluster.manager.prune([kube.ObjectRef.of(widget)], OWNER)
    assert [str(change.action) for change in gone] == ["deleted"], "a kind that is gone took its objects with it"


async def test_an_immutable_field_is_refused_without_force(cluster: Cluster) -> None:
    await cluster.apply(deployment(cluster, DEPLOYMENT))
    with pytest.raises(ssa.ApplyFailed, match=r"dry-run failed \(Invalid\).*field is immutable"):
        await cluster.apply(deployment(cluster, with_app("other")))


async def test_an_immutable_field_recreates_the_object_with_force(cluster: Cluster) -> None:
    await cluster.apply(deployment(cluster, DEPLOYMENT))
    before = await cluster.get("Deployment", "web", "apps/v1")
    assert await cluster.apply(deployment(cluster, with_app("other")), force=True) == ["web created"]
    after = await cluster.get("Deployment", "web", "apps/v1")
    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["spec"]["selector"]["matchLabels"] == {"app": "other"}


async def test_force_never_deletes_what_could_not_be_created_again(cluster: Cluster) -> None:
    await cluster.apply(deployment(cluster, DEPLOYMENT))
    wrong = {**with_app("other"), "template": {**DEPLOYMENT["template"], "spec": {"containers": []}}}  # type: ignore[dict-item]
    forced = {"kustomize.toolkit.fluxcd.io/force": "enabled"}
    with pytest.raises(ssa.ApplyFailed):
        await cluster.apply(deployment(cluster, wrong, annotations=forced))
    assert await cluster.get("Deployment", "web", "apps/v1") is not None


async def test_the_ledger_hears_of_writes_before_they_happen(cluster: Cluster) -> None:
    noted: list[str] = []

    async def ledger(refs: Sequence[kube.ObjectRef]) -> None:
        noted.extend(ref.name for ref in refs)
        assert await cluster.get("ConfigMap", "new") is None

    await cluster.apply(cluster.config_map("old"))
    await cluster.manager.apply([cluster.config_map("old"), cluster.config_map("new")], OWNER, ledger=ledger)
    assert noted == ["new"]


async def test_a_secret_in_string_data_is_unchanged_the_second_time(cluster: Cluster) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": cluster.namespace}}
    wanted = ssa.prepared({**secret, "stringData": {"password": "hunter2"}}, OWNER)
    assert await cluster.apply(wanted) == ["s created"]
    cluster.manager.release(OWNER)
    assert await cluster.apply(wanted) == ["s unchanged"]
