"""Kustomizations whose objects belong in another cluster, which a kubeconfig in a Secret leads to."""

from __future__ import annotations

import pathlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, condition, config_map

from sluice import apiserver, kube, yamlio
from sluice.testing import namespaces, polling

WATCHED = {"labels": {"reconcile.fluxcd.io/watch": "Enabled"}}


class Elsewhere:
    """A second cluster, with a namespace of the same name."""

    def __init__(self, client: kube.Client, kubeconfig: pathlib.Path, namespace: str) -> None:
        self.client = client
        self.kubeconfig = kubeconfig
        self.namespace = namespace

    async def get(self, kind: str, name: str) -> dict[str, Any] | None:
        try:
            return await self.client.get(await self.client.resource_for("v1", kind), name, self.namespace)
        except kube.NotFound:
            return None

    async def see_data(self, name: str, data: dict[str, str] | None) -> None:
        async def look() -> Any:
            return (await self.get("ConfigMap", name) or {}).get("data")

        await polling.eventually(look, lambda found: found == data, what=f"ConfigMap {name} elsewhere")

    async def edit(self, name: str, **data: str) -> None:
        resource = await self.client.resource_for("v1", "ConfigMap")
        body = {"data": data}
        await self.client.patch(resource, name, self.namespace, body, kind=kube.PatchType.MERGE, manager="by-hand")


@pytest.fixture
async def elsewhere(space: Space, tmp_path: pathlib.Path) -> AsyncIterator[Elsewhere]:
    path = tmp_path / "elsewhere"
    async with (
        apiserver.EmbeddedServer(host="127.0.0.1", port=0, kubeconfig_path=path, data_dir=None),
        await kube.Client.connect(path, user_agent="tests") as client,
    ):
        await namespaces.create(client, space.namespace)
        yield Elsewhere(client, path, space.namespace)


async def way(space: Space, kubeconfig: str, *, name: str = "way", key: str = "value") -> None:
    """The Secret with a kubeconfig."""
    meta = {"name": name, "namespace": space.namespace, **WATCHED}
    await space.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {key: kubeconfig}})


async def test_objects_are_applied_repaired_and_pruned_in_the_other_cluster_alone(
    space: Space, elsewhere: Elsewhere
) -> None:
    await way(space, elsewhere.kubeconfig.read_text())
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "way"}}, wait=True)
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        await elsewhere.see_data("a", {"k": "v"})
        assert await space.get("ConfigMap", "a") is None
        await elsewhere.edit("a", k="by hand")
        await elsewhere.see_data("a", {"k": "v"})
        await space.commit({}, remove=("b.yaml",))
        await elsewhere.see_data("b", None)
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await elsewhere.see_data("a", None)


async def test_what_was_never_applied_anywhere_needs_no_way_to_be_deleted(space: Space) -> None:
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "none"}})
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready("False", "ReconciliationFailed")
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)

        async def look() -> Any:
            return await space.get("Kustomization", "app", KUSTOMIZATIONS)

        await polling.eventually(look, lambda found: found is None, what="the end of the Kustomization")


async def test_a_missing_kubeconfig_is_told_and_objects_go_nowhere_else(space: Space, elsewhere: Elsewhere) -> None:
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "way"}})
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "ReconciliationFailed")
        text = f"unable to read KubeConfig secret '{space.namespace}/way' error: secrets \"way\" not found"
        assert condition(app)["message"] == text
        assert await space.events(1) == [f"Warning ReconciliationFailed failed to build kube client: {text}"]
        await way(space, elsewhere.kubeconfig.read_text())
        await space.see_ready()
        await elsewhere.see_data("a", {"k": "v"})
        assert await space.get("ConfigMap", "a") is None


@pytest.mark.parametrize(
    ("content", "key", "wanted", "text"),
    [
        ("x", "other", {}, "does not contain a 'value' key with a kubeconfig"),
        ("x", "value", {"key": "mine"}, "does not contain a 'mine' key with a kubeconfig"),
        ("{password: hunter2", "value", {}, "'value' is not YAML (line 2)"),
        ("hunter2", "value.yaml", {}, "'value.yaml' is no kubeconfig"),
        ("{users: [{name: hunter2}]}", "value", {}, "no current-context"),
    ],
)
async def test_what_is_no_kubeconfig_is_told_without_what_is_in_it(
    space: Space, content: str, key: str, wanted: dict[str, str], text: str
) -> None:
    await way(space, content, key=key)
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "way", **wanted}})
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert text in condition(app)["message"]
        assert "hunter2" not in str(app)
        assert await space.get("ConfigMap", "a") is None


async def test_nothing_of_a_kubeconfig_is_run_or_read_from_this_machine(
    space: Space, elsewhere: Elsewhere, tmp_path: pathlib.Path
) -> None:
    document = yamlio.load(elsewhere.kubeconfig.read_text())
    for user in document["users"]:
        user["user"] = {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "touch",
                "args": [str(tmp_path / "ran")],
                "interactiveMode": "Never",
            },
            "tokenFile": str(elsewhere.kubeconfig),
        }
    await way(space, yamlio.dump(document))
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "way"}})
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready("False", "ReconciliationFailed")
        assert not (tmp_path / "ran").exists()
        assert await elsewhere.get("ConfigMap", "a") is None


async def test_who_moves_to_another_cluster_leaves_what_it_has_applied_and_puts_nothing_back_there(
    space: Space, elsewhere: Elsewhere
) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await way(space, elsewhere.kubeconfig.read_text())
        there = {"spec": {"kubeConfig": {"secretRef": {"name": "way"}}}}
        await space.patch("Kustomization", "app", there, api_version=KUSTOMIZATIONS)
        await elsewhere.see_data("a", {"k": "v"})
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await elsewhere.edit("a", k="by hand")
        await elsewhere.see_data("a", {"k": "v"})
        await space.see_data("a", {"k": "by hand"})


async def test_a_tenant_is_a_tenant_there_too(space: Space, elsewhere: Elsewhere) -> None:
    await way(space, elsewhere.kubeconfig.read_text())
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "way"}}, serviceAccountName="tenant")
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert f'User "system:serviceaccount:{space.namespace}:tenant" cannot patch' in condition(app)["message"]
        assert await elsewhere.get("ConfigMap", "a") is None


async def test_a_cluster_that_is_gone_keeps_the_kustomization_until_it_is_back(
    space: Space, elsewhere: Elsewhere
) -> None:
    await way(space, elsewhere.kubeconfig.read_text())
    async with space.controller():
        await space.kustomization(kubeConfig={"secretRef": {"name": "way"}}, retryInterval="1s")
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.delete("Secret", "way")
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        app = await space.see(lambda obj: condition(obj).get("reason") == "PruneFailed")
        assert "unable to read KubeConfig secret" in condition(app)["message"]
        await elsewhere.see_data("a", {"k": "v"})
        await way(space, elsewhere.kubeconfig.read_text())
        await elsewhere.see_data("a", None)
