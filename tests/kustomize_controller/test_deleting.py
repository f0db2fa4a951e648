"""What becomes of applied objects when their Kustomization is deleted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, config_map

from sluice.testing import polling
from sluice_controllers.kustomize import finalizing


async def see_gone(space: Space, name: str = "app") -> None:
    async def look() -> bool:
        return await space.get("Kustomization", name, KUSTOMIZATIONS) is None

    await polling.eventually(look, what="the end of the Kustomization")


@pytest.mark.parametrize(
    ("spec", "stays"),
    [
        ({}, False),
        ({"prune": False}, True),
        ({"prune": False, "deletionPolicy": "Delete"}, False),
        ({"deletionPolicy": "Orphan"}, True),
        ({"deletionPolicy": "WaitForTermination"}, False),
        ({"suspend": True}, True),
    ],
)
async def test_the_deletion_policy_decides(space: Space, spec: dict[str, Any], stays: bool) -> None:
    async with space.controller():
        await space.kustomization(**{**spec, "suspend": False})
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.kustomization(**spec)
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await see_gone(space)
        assert (await space.get("ConfigMap", "a") is not None) is stays


async def test_objects_of_others_stay(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        await space.kustomization(suspend=True)
        await space.see(lambda obj: obj["status"]["observedGeneration"] == 2)
        await space.patch("ConfigMap", "a", {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "other"}}})
    await space.kustomization(suspend=False)
    await space.delete("Kustomization", "app", KUSTOMIZATIONS)
    async with space.controller():
        await see_gone(space)
        assert await space.get("ConfigMap", "a") is not None
        assert await space.get("ConfigMap", "b") is None
        deleted = f"Normal ReconciliationSucceeded ConfigMap/{space.namespace}/b deleted"
        assert f"{deleted}\nConfigMap/{space.namespace}/a skipped" in await space.events(3)


async def test_termination_is_waited_for_by_watch(space: Space) -> None:
    async with space.controller():
        await space.kustomization(deletionPolicy="WaitForTermination")
        held = config_map("a")
        held["metadata"]["finalizers"] = ["example.com/hold"]
        await space.commit({"a.yaml": held})
        await space.see_ready()
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        app = await space.see(
            lambda obj: any(one["reason"] == "Progressing" for one in obj["status"].get("conditions", ()))
        )
        assert app["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
        await space.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})
        await see_gone(space)
        assert await space.get("ConfigMap", "a") is None


@pytest.mark.parametrize(
    ("spec", "deletes"),
    [
        ({"prune": True, "interval": 7, "sourceRef": "none"}, True),
        ({"prune": "true"}, False),
        ({"prune": True, "suspend": True}, False),
        ({"prune": True, "deletionPolicy": "Whatever"}, False),
        ({"deletionPolicy": "Delete", "timeout": "soon"}, True),
        ({}, False),
    ],
)
def test_a_spec_that_cannot_be_read_whole_is_read_as_far_as_deletion_needs_it(
    spec: dict[str, Any], deletes: bool
) -> None:
    obj = {"metadata": {"namespace": "a", "name": "b"}, "spec": spec}
    assert finalizing.Wish.of(obj).deletes is deletes
