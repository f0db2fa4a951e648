"""What others do to applied objects: deleted ones come back, and what became another's is not deleted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Object, Space, condition, config_map

from sluice import kube
from sluice.testing import namespaces, polling

FLAGS = ("--min-retry-delay=50ms", "--max-retry-delay=500ms")
OWNER = "kustomize.toolkit.fluxcd.io"
HELD = "example.com/hold"


def mine(space: Space, name: str, labels: dict[str, str] | None = None, **data: str) -> Object:
    made = config_map(name, **data)
    made["metadata"].update(namespace=space.namespace, labels=labels or {})
    return made


async def see_gone(space: Space, kind: str, name: str, api_version: str = "v1") -> None:
    async def look() -> bool:
        return await space.get(kind, name, api_version) is None

    await polling.eventually(look, what=f"the end of {kind} {name}")


async def see_uid(space: Space, name: str, other_than: str) -> Object:
    async def look() -> Object | None:
        found = await space.get("ConfigMap", name)
        return found if found and found["metadata"]["uid"] != other_than else None

    found = await polling.eventually(look, what=f"another ConfigMap {name}")
    assert found is not None
    return found


async def uid(space: Space, name: str) -> str:
    found = await space.get("ConfigMap", name)
    assert found is not None
    return str(found["metadata"]["uid"])


async def install(space: Space, **spec: Any) -> None:
    """Two objects, applied."""
    await space.kustomization(**spec)
    await space.see_applied(await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")}))


async def made_anew(space: Space) -> str:
    """What was applied, deleted and made anew by somebody while no controller runs: its uid."""
    async with space.controller(*FLAGS):
        await install(space)
    await space.delete("ConfigMap", "a")
    await space.apply(mine(space, "a", theirs="1"), by="operator")
    return await uid(space, "a")


async def test_an_object_that_somebody_deletes_is_made_again(space: Space) -> None:
    async with space.controller(*FLAGS):
        await install(space)
        before = await uid(space, "a")
        await space.delete("ConfigMap", "a")
        assert (await see_uid(space, "a", before))["metadata"]["labels"][f"{OWNER}/name"] == "app"
        assert any(f"ConfigMap/{space.namespace}/a created" in text for text in await space.events(3))


async def test_an_object_that_somebody_makes_anew_while_nobody_looks_is_taken_over_and_keeps_what_is_theirs(
    space: Space,
) -> None:
    theirs = await made_anew(space)
    async with space.controller(*FLAGS):
        await space.see_data("a", {"k": "v", "theirs": "1"})
        assert await uid(space, "a") == theirs


async def test_an_object_that_somebody_made_anew_is_not_pruned(space: Space) -> None:
    theirs = await made_anew(space)
    async with space.controller(*FLAGS):
        await space.see_applied(await space.commit({}, remove=("a.yaml",)))
        assert await uid(space, "a") == theirs
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await see_gone(space, "Kustomization", "app", KUSTOMIZATIONS)
        await space.see_data("a", {"theirs": "1"})


@pytest.mark.parametrize("label", ["name", "namespace"])
async def test_what_belongs_to_another_kustomization_is_not_deleted_with_the_former_owner(
    space: Space, label: str
) -> None:
    async with space.controller(*FLAGS):
        await install(space)
    await space.patch("ConfigMap", "a", {"metadata": {"labels": {f"{OWNER}/{label}": "another"}}})
    before = await uid(space, "a")
    async with space.controller(*FLAGS):
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await see_gone(space, "Kustomization", "app", KUSTOMIZATIONS)
        await see_gone(space, "ConfigMap", "b")
        assert await uid(space, "a") == before


async def test_an_object_that_another_kustomization_has_taken_over_is_not_deleted_by_the_former(space: Space) -> None:
    async with space.controller(*FLAGS):
        await space.commit({"one/a.yaml": config_map("a", k="1"), "two/b.yaml": config_map("b")})
        await space.kustomization("one", path="./one", dependsOn=[{"name": "two"}])
        await space.kustomization("two", path="./two")
        await space.see_ready(name="one")
        before = await uid(space, "a")
        files = {"one/c.yaml": config_map("c"), "two/a.yaml": config_map("a", k="1")}
        revision = await space.commit(files, remove=("one/a.yaml",))
        await space.see_applied(revision, "one")
        two = await space.see_applied(revision, "two")
        assert f"{space.namespace}_a__ConfigMap" in {entry["id"] for entry in two["status"]["inventory"]["entries"]}
        assert await uid(space, "a") == before
        found = await space.get("ConfigMap", "a")
        assert found is not None
        assert found["metadata"]["labels"][f"{OWNER}/name"] == "two"


async def test_an_object_held_by_a_foreign_finalizer_is_waited_for_and_made_again(space: Space) -> None:
    async with space.controller(*FLAGS):
        await install(space, retryInterval="200ms")
        await space.patch("ConfigMap", "a", {"metadata": {"finalizers": [HELD]}})
        before = await uid(space, "a")
        await space.delete("ConfigMap", "a")
        await space.see_applied(await space.commit({"b.yaml": config_map("b", k="2")}))
        held = await space.get("ConfigMap", "a")
        assert held is not None
        assert held["metadata"]["finalizers"] == [HELD]
        await space.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})
        await see_uid(space, "a", before)


async def test_a_pruned_object_held_by_a_foreign_finalizer_holds_up_nothing(space: Space) -> None:
    async with space.controller(*FLAGS):
        await install(space)
        await space.patch("ConfigMap", "a", {"metadata": {"finalizers": [HELD]}})
        app = await space.see_applied(await space.commit({}, remove=("a.yaml",)))
        assert [one["id"] for one in app["status"]["inventory"]["entries"]] == [f"{space.namespace}_b__ConfigMap"]
        held = await space.get("ConfigMap", "a")
        assert held is not None
        assert "deletionTimestamp" in held["metadata"]
        await space.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})
        await see_gone(space, "ConfigMap", "a")


async def test_a_namespace_that_is_being_deleted_is_told_and_applied_to_again_when_it_is_back(space: Space) -> None:
    name = f"{space.namespace}-target"
    await namespaces.create(space.client, name)
    resource = await space.client.resource_for("v1", "ConfigMap")
    holder: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hold", "namespace": name}}
    holder["metadata"]["finalizers"] = [HELD]
    await space.client.create(resource, holder, manager="tests")
    try:
        async with space.controller(*FLAGS):
            await space.kustomization(targetNamespace=name, retryInterval="200ms")
            await space.see_applied(await space.commit({"a.yaml": config_map("a")}))
            await namespaces.delete(space.client, name)
            await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
            message = condition(await space.see_ready("False", "ReconciliationFailed"))["message"]
            assert f"ConfigMap/{name}/b dry-run failed (Forbidden): " in message
            assert f"in namespace {name} because it is being terminated" in message
            await let_go(space, resource, name)
            await gone(space, name)
            await namespaces.create(space.client, name)
            await space.see_ready()
            assert await space.client.get(resource, "b", name)
    finally:
        await namespaces.delete(space.client, name)


async def let_go(space: Space, resource: kube.Resource, namespace: str) -> None:
    body = {"metadata": {"finalizers": None}}
    await space.client.patch(resource, "hold", namespace, body, kind=kube.PatchType.MERGE, manager="tests")


async def gone(space: Space, name: str) -> None:
    resource = await space.client.resource_for("v1", "Namespace")

    async def look() -> bool:
        found = await space.client.list(resource, fields=f"metadata.name={name}")
        return not found.items

    await polling.eventually(look, what=f"the end of namespace {name}")
