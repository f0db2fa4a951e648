"""What is not ours is neither deleted nor overwritten, whatever others do at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, config_map

from sluice.testing import polling


async def see_gone(space: Space, name: str = "app") -> None:
    async def look() -> bool:
        return await space.get("Kustomization", name, KUSTOMIZATIONS) is None

    await polling.eventually(look, what="the end of the Kustomization")


def writes(space: Space, resource: str) -> int:
    return sum(count for call, count in space.seen.items() if call == f"PATCH {resource}")


async def warnings(space: Space) -> list[str]:
    """The Warning events of the Kustomization, once there is one."""

    async def look() -> list[str]:
        return [text for text in await space.events() if text.startswith("Warning")]

    return await polling.eventually(look, what="a Warning")


async def settled(count: Callable[[], int], *, seconds: float = 1.5) -> int:
    """How much more it became in that time."""
    before = count()
    await asyncio.sleep(seconds)
    return count() - before


async def test_an_object_that_left_git_without_pruning_is_let_go(space: Space) -> None:
    async with space.controller():
        await space.kustomization(prune=False)
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        await space.see_applied(await space.commit({}, remove=("b.yaml",)))
        await space.patch("ConfigMap", "b", {"data": {"k": "by hand"}})
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await space.see_data("a", {"k": "v"})
        await space.see_data("b", {"k": "by hand"})
        await space.delete("ConfigMap", "b")
        await space.delete("ConfigMap", "a")
        await space.see_data("a", {"k": "v"})
        assert await space.get("ConfigMap", "b") is None


async def test_nobody_answers_for_the_objects_of_a_kustomization_that_was_taken_away(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "sub/b.yaml": config_map("b")})
        await space.see_ready()
        await space.patch("Kustomization", "app", {"metadata": {"finalizers": None}}, api_version=KUSTOMIZATIONS)
        await space.kustomization(suspend=True)
        await space.see(lambda obj: not obj["metadata"].get("finalizers") or obj["spec"]["suspend"])
        await space.patch("Kustomization", "app", {"metadata": {"finalizers": None}}, api_version=KUSTOMIZATIONS)
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await see_gone(space)
        await space.kustomization(path="./sub")
        await space.see_ready()
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await space.patch("ConfigMap", "b", {"data": {"k": "by hand"}})
        await space.see_data("b", {"k": "v"})
        await space.see_data("a", {"k": "by hand"})


async def test_a_rival_of_a_waiting_kustomization_is_answered_ever_more_slowly(space: Space) -> None:
    async with space.controller():
        await space.kustomization(wait=True)
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        space.seen.clear()
        for number in range(40):
            await space.patch("ConfigMap", "a", {"data": {"k": f"rival {number}"}})
            await asyncio.sleep(0.05)
        assert writes(space, "configmaps") <= 2 * 7


async def test_two_kustomizations_with_the_same_object_do_not_chase_each_other(space: Space) -> None:
    async with space.controller():
        await space.commit({"one/a.yaml": config_map("a", k="one"), "two/a.yaml": config_map("a", k="two")})
        await space.kustomization("app", path="./one", wait=True)
        await space.see_ready()
        await space.kustomization("two", path="./two", wait=True)
        await space.see_ready(name="two")
        assert await settled(lambda: writes(space, "configmaps")) <= 4
        await space.request("app")
        await space.see_data("a", {"k": "one"})
        assert await warnings(space) == [
            f"Warning ObjectContested ConfigMap/{space.namespace}/a is also applied by Kustomization "
            f"{space.namespace}/two: each undoes what the other did; remove it from one of them"
        ]


@pytest.mark.parametrize(
    "entries",
    [
        [{"id": "garbage", "v": "v1"}, {"id": "_", "v": ""}],
        [{"id": "kube-system_coredns_apps_Deployment", "v": "v1"}, {"id": "default_kubernetes__Service", "v": "v1"}],
        [{"id": "_kube-system__Namespace", "v": "v1"}],
    ],
)
async def test_an_inventory_that_somebody_edited_deletes_nothing_of_others(space: Space, entries: Any) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        app = await space.see_ready()
        whole = [*app["status"]["inventory"]["entries"], *entries]
        await space.patch_status("Kustomization", "app", {"inventory": {"entries": whole}})
        revision = await space.commit({}, remove=("b.yaml",))
        app = await space.see_applied(revision)
        assert [entry["id"] for entry in app["status"]["inventory"]["entries"]] == [f"{space.namespace}_a__ConfigMap"]
        assert await space.get("ConfigMap", "b") is None
        services = await space.client.resource_for("v1", "Service")
        assert await space.client.get(services, "kubernetes", "default")
        await space.patch_status("Kustomization", "app", {"inventory": {"entries": whole}})
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await see_gone(space)
        assert await space.get("ConfigMap", "a") is None


async def test_its_own_namespace_and_itself_are_never_pruned_by_a_commit(space: Space) -> None:
    own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space.namespace}}
    async with space.controller():
        await space.kustomization()
        await space.commit({"ns.yaml": own, "a.yaml": config_map("a")})
        await space.see_ready()
        await space.see_applied(await space.commit({}, remove=("ns.yaml",)))
        namespaces = await space.client.resource_for("v1", "Namespace")
        left = await space.client.get(namespaces, space.namespace)
        assert "deletionTimestamp" not in left["metadata"]
        assert await warnings(space) == [
            f"Warning PruneSkipped Namespace/{space.namespace} not pruned: this Kustomization itself, or its namespace"
        ]


async def test_a_change_that_cannot_be_undone_is_told_and_not_tried_again_and_again(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        space.seen.clear()
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}, "immutable": True})
        await space.see_ready("False", "ReconciliationFailed")
        assert await settled(lambda: writes(space, "configmaps")) <= 3


@pytest.mark.parametrize(
    "body", [{"data": {"password": 12345678}}, {"stringData": {"a": ["12345678"]}}, {"data": "12345678"}]
)
async def test_a_secret_that_the_server_refuses_is_not_shown(space: Space, body: dict[str, Any]) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, **body}})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert f"Secret/{space.namespace}/a dry-run failed" in str(app["status"])
        assert "12345678" not in str(app["status"])
        assert all("12345678" not in text for text in await space.events(1))
