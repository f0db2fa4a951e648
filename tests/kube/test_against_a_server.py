"""The client against a whole API server: the one that --cluster names, else the embedded one in this process."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluice import aio, kube, testing
from sluice.testing import namespaces

_NUMBERS = itertools.count()


@pytest.fixture
async def cluster(kubeconfig: Path) -> AsyncIterator[kube.Client]:
    async with await kube.Client.connect(kubeconfig, user_agent="test/1") as client:
        yield client


@pytest.fixture
async def namespace(cluster: kube.Client) -> AsyncIterator[str]:
    name = f"kube-{os.getpid()}-{next(_NUMBERS)}"
    await namespaces.create(cluster, name)
    yield name
    await namespaces.delete(cluster, name)


def config_map(name: str, namespace: str, **data: str) -> kube.Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


async def test_every_verb_does_what_it_says(cluster: kube.Client, namespace: str) -> None:
    config_maps = await cluster.resource_for("v1", "ConfigMap")

    made = await cluster.create(config_maps, config_map("a", namespace, x="1"), manager="creator")
    with pytest.raises(kube.AlreadyExists, match='configmaps "a" already exists'):
        await cluster.create(config_maps, config_map("a", namespace), manager="creator")

    replaced = await cluster.replace(config_maps, {**made, "data": {"x": "2"}}, manager="creator")
    with pytest.raises(kube.Conflict, match="the object has been modified"):
        await cluster.replace(config_maps, {**made, "data": {"x": "3"}}, manager="creator")
    assert replaced["metadata"]["uid"] == made["metadata"]["uid"]

    merge, json = kube.PatchType.MERGE, kube.PatchType.JSON
    await cluster.patch(config_maps, "a", namespace, {"data": {"y": "1"}}, kind=merge, manager="patcher")
    operations = [{"op": "remove", "path": "/data/x"}]
    await cluster.patch(config_maps, "a", namespace, operations, kind=json, manager="patcher")
    assert (await cluster.get(config_maps, "a", namespace))["data"] == {"y": "1"}

    with pytest.raises(kube.Conflict, match='conflict with "patcher"'):
        await cluster.apply(config_maps, config_map("a", namespace, y="2"), manager="applier", force=False)
    tried = await cluster.apply(config_maps, config_map("a", namespace, y="2"), manager="applier", dry_run=True)
    applied = await cluster.apply(config_maps, config_map("a", namespace, y="3"), manager="applier")
    assert (tried["data"], applied["data"]) == ({"y": "2"}, {"y": "3"})
    assert "applier" in {entry["manager"] for entry in applied["metadata"]["managedFields"]}

    with pytest.raises(kube.Conflict):
        await cluster.delete(config_maps, "a", namespace, uid="another")
    assert await cluster.delete(config_maps, "a", namespace, dry_run=True) is None
    assert await cluster.delete(config_maps, "a", namespace, uid=made["metadata"]["uid"]) is None
    with pytest.raises(kube.NotFound, match='configmaps "a" not found'):
        await cluster.get(config_maps, "a", namespace)


def some_kinds(namespace: str) -> list[kube.Object]:
    """Objects of kinds that servers treat differently: cluster-scoped ones, some with a generation, definitions."""
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    specs: dict[tuple[str, str], kube.Object] = {
        ("v1", "ConfigMap"): {"data": {"a": "b"}},
        ("v1", "ServiceAccount"): {},
        ("v1", "Service"): {"spec": {"ports": [{"port": 80}]}},
        ("apps/v1", "Deployment"): {"spec": {"selector": {"matchLabels": {"a": "b"}}, "replicas": 0, "template": pod}},
        ("rbac.authorization.k8s.io/v1", "ClusterRole"): {"rules": []},
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): definition_of_widgets(f"{namespace}.example.com"),
    }
    made = []
    for (api_version, kind), rest in specs.items():
        name = f"widgets.{namespace}.example.com" if kind == "CustomResourceDefinition" else namespace
        scope = {} if kind.startswith(("Cluster", "Custom")) else {"namespace": namespace}
        made.append({**rest, "apiVersion": api_version, "kind": kind, "metadata": {"name": name, **scope}})
    return made


async def test_an_apply_can_be_bound_to_a_version_or_to_there_being_no_such_object(
    cluster: kube.Client, namespace: str
) -> None:
    for obj in some_kinds(namespace):
        resource = await cluster.resource_for(obj["apiVersion"], obj["kind"])
        name, place = obj["metadata"]["name"], obj["metadata"].get("namespace", "")
        alien = {**obj, "metadata": {**obj["metadata"], "uid": "11111111-2222-3333-4444-555555555555"}}
        with pytest.raises(kube.Conflict, match="uid mismatch"):
            await cluster.apply(resource, alien, manager="mine")
        await cluster.apply(resource, obj, manager="mine", resource_version=kube.ABSENT)
        with pytest.raises(kube.Conflict, match="the object has been modified"):
            await cluster.apply(resource, obj, manager="mine", resource_version=kube.ABSENT)
        with pytest.raises(kube.Invalid, match="field is immutable"):
            await cluster.apply(resource, alien, manager="mine")

        labelled = {**obj, "metadata": {**obj["metadata"], "labels": {"x": "y"}}}
        with pytest.raises(kube.Conflict):
            await cluster.apply(resource, labelled, manager="mine", resource_version="2")
        found = await cluster.get(resource, name, place)
        assert "labels" not in found["metadata"]
        version = found["metadata"]["resourceVersion"]
        changed = await cluster.apply(resource, labelled, manager="mine", resource_version=version)
        assert changed["metadata"]["labels"] == {"x": "y"}
        owned = [entry for entry in changed["metadata"]["managedFields"] if entry["manager"] == "mine"]
        assert [entry["operation"] for entry in owned] == ["Apply"]
        assert not owned[0]["fieldsV1"].get("f:metadata", {}).keys() - {"f:labels"}
        await cluster.delete(resource, name, place)


async def test_an_apply_can_be_answered_with_metadata_alone(cluster: kube.Client, namespace: str) -> None:
    for obj in some_kinds(namespace):
        resource = await cluster.resource_for(obj["apiVersion"], obj["kind"])
        name, place = obj["metadata"]["name"], obj["metadata"].get("namespace", "")
        answer = await cluster.apply(resource, obj, manager="mine", metadata_only=True)
        found = await cluster.get(resource, name, place)
        assert answer.keys() == {"apiVersion", "kind", "metadata"}
        assert (answer["apiVersion"], answer["kind"]) == (obj["apiVersion"], obj["kind"])
        assert answer["metadata"]["uid"] == found["metadata"]["uid"]
        await cluster.delete(resource, name, place)


async def test_a_deleted_object_that_lingers_is_returned(cluster: kube.Client, namespace: str) -> None:
    config_maps = await cluster.resource_for("v1", "ConfigMap")
    held = config_map("held", namespace)
    held["metadata"]["finalizers"] = ["test/hold"]
    await cluster.create(config_maps, held, manager="test")
    lingering = await cluster.delete(config_maps, "held", namespace)
    assert lingering is not None
    assert lingering["metadata"]["deletionTimestamp"]
    let_go = {"metadata": {"finalizers": None}}
    await cluster.patch(config_maps, "held", namespace, let_go, kind=kube.PatchType.MERGE, manager="test")


async def test_lists_are_complete_across_pages_and_know_their_kind(cluster: kube.Client, namespace: str) -> None:
    config_maps = await cluster.resource_for("v1", "ConfigMap")
    for index in range(7):
        obj = config_map(f"m{index}", namespace)
        obj["metadata"]["labels"] = {"parity": "odd" if index % 2 else "even"}
        await cluster.create(config_maps, obj, manager="test")
    odd = await cluster.list(config_maps, namespace, labels="parity=odd")
    assert [obj["metadata"]["name"] for obj in odd.items] == ["m1", "m3", "m5"]
    assert {(obj["apiVersion"], obj["kind"]) for obj in odd.items} == {("v1", "ConfigMap")}
    assert len((await cluster.list(config_maps, namespace, labels="parity", limit=2)).items) == 2
    named = await cluster.list(config_maps, namespace, fields="metadata.name=m4", metadata_only=True)
    assert [sorted(obj) for obj in named.items] == [["apiVersion", "kind", "metadata"]]
    assert int(named.resource_version) > 0


async def test_a_kind_is_found_as_soon_as_its_definition_is_there(cluster: kube.Client, namespace: str) -> None:
    group = f"{namespace}.example.com"
    with pytest.raises(kube.NoKindMatch):
        await cluster.resource_for(f"{group}/v1", "Widget")
    definitions = await cluster.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    await cluster.create(definitions, definition_of_widgets(group), manager="test")
    try:
        resource = await testing.eventually(lambda: found(cluster, f"{group}/v1", "Widget"), what="the new kind")
        assert resource is not None
        assert (resource.plural, resource.namespaced) == ("widgets", True)
    finally:
        await cluster.delete(definitions, f"widgets.{group}")


async def found(cluster: kube.Client, api_version: str, kind: str) -> kube.Resource | None:
    try:
        return await cluster.resource_for(api_version, kind)
    except kube.NoKindMatch:
        return None


def definition_of_widgets(group: str) -> kube.Object:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


async def test_another_user_is_only_allowed_what_it_is_allowed(cluster: kube.Client, namespace: str) -> None:
    config_maps = await cluster.resource_for("v1", "ConfigMap")
    tenant = cluster.impersonating("system:serviceaccount:default:tenant")
    with pytest.raises(kube.Forbidden, match='User "system:serviceaccount:default:tenant" cannot list resource'):
        await tenant.list(config_maps, namespace)
    assert "tenant" in repr(tenant)
    await tenant.close()
    await cluster.list(config_maps, namespace)


async def test_text_and_json_come_back_as_such(cluster: kube.Client) -> None:
    assert await cluster.raw("GET", "/livez") == "ok"
    assert "gitVersion" in await cluster.raw("GET", "/version")


async def test_an_informer_outlives_the_death_of_its_server(tmp_path: Path) -> None:
    told: list[str] = []
    server = testing.embedded_cluster(tmp_path)
    async with server, await kube.Client.connect(testing.kubeconfig_of(tmp_path), user_agent="test/1") as client:
        config_maps = await client.resource_for("v1", "ConfigMap")
        informer = kube.Informer(client, config_maps, namespace="default", labels="followed")
        informer.add_handler(lambda event: told.append(f"{event.kind} {event.object['metadata']['name']}"))
        async with aio.TaskOwner() as owner:
            owner.spawn(informer.run(), name=informer.name)
            await informer.wait_synced()
            await client.create(config_maps, _followed("before"), manager="test")
            await _told(told, "ADDED before")

            server.signal(signal.SIGKILL)
            await server.ended()
            with pytest.raises(kube.Unreachable):
                await client.create(config_maps, _followed("never"), manager="test")
            await server.start()
            await server.wait_ready()

            await client.create(config_maps, _followed("after"), manager="test")
            await client.delete(config_maps, "before", "default")
            await _told(told, "ADDED before", "ADDED after", "DELETED before")


def _followed(name: str) -> kube.Object:
    obj = config_map(name, "default")
    obj["metadata"]["labels"] = {"followed": "yes"}
    return obj


async def _told(told: list[str], *expected: str) -> None:
    async def look() -> list[str]:
        await asyncio.sleep(0)
        return list(told)

    await testing.eventually(look, lambda seen: seen == list(expected), timeout=20)
