"""What a release has no longer goes; what is kept, or another's, stays."""

from __future__ import annotations

from typing import Any

import pytest
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.test_applying_objects import OWNER, config_map, data, located, put

from sluice_controllers.helm.objects import deleting
from sluice_controllers.helm.objects.deleting import Deletion
from sluice_controllers.helm.objects.ownership import Owner


async def delete(cluster: Cluster, *objects: dict[str, Any], owner: Owner | None = OWNER) -> list[str]:
    going = await deleting.delete(cluster.own, await located(cluster, *objects), Deletion(owner=owner))
    return [item.ref.name for item in going]


async def test_objects_go_and_absent_ones_are_well(cluster: Cluster) -> None:
    await put(cluster, config_map("a"))
    assert await delete(cluster, config_map("a"), config_map("b")) == ["a"]
    assert await data(cluster, "a") is None
    assert await cluster.get("ConfigMap", "a") is None


async def test_what_the_live_object_says_is_kept_is_kept(cluster: Cluster) -> None:
    await put(cluster, config_map("a"))
    await cluster.patch("ConfigMap", "a", {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}})
    assert await delete(cluster, config_map("a")) == []
    assert await cluster.get("ConfigMap", "a") is not None


@pytest.mark.parametrize("key", ["release-name", "release-namespace"])
async def test_what_another_release_has_taken_over_is_left_alone(cluster: Cluster, key: str) -> None:
    await put(cluster, config_map("a"))
    await cluster.patch("ConfigMap", "a", {"metadata": {"annotations": {f"meta.helm.sh/{key}": "other"}}})
    assert await delete(cluster, config_map("a")) == []
    assert await cluster.get("ConfigMap", "a") is not None


async def test_what_lost_its_marks_is_still_the_releases(cluster: Cluster) -> None:
    await cluster.put(config_map("a"))
    assert await delete(cluster, config_map("a")) == ["a"]


async def test_an_object_that_is_on_its_way_out_is_waited_for_and_not_asked_again(cluster: Cluster) -> None:
    held = config_map("a")
    held["metadata"]["finalizers"] = ["example.dev/held"]
    await put(cluster, held)
    assert await delete(cluster, held) == ["a"]
    cluster.seen.clear()
    assert await delete(cluster, held) == ["a"]
    assert dict(cluster.seen) == {"GET": 1}
    await cluster.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})


async def test_every_refusal_is_told_and_everything_else_is_deleted(cluster: Cluster) -> None:
    await put(cluster, config_map("a"))
    nobody = cluster.own.impersonating("nobody")
    items = await located(cluster, config_map("a"), config_map("b"))
    with pytest.raises(deleting.DeleteFailed) as failed:
        await deleting.delete(nobody, items, Deletion(owner=OWNER))
    assert str(failed.value).count("failed to delete resource namespace=") == 2
    assert await cluster.get("ConfigMap", "a") is not None


async def test_surplus_is_what_there_was_and_is_no_longer(cluster: Cluster) -> None:
    before = await located(cluster, config_map("a"), config_map("b"), config_map("c"))
    after = await located(cluster, config_map("b"))
    assert [item.ref.name for item in deleting.surplus(before, after)] == ["c", "a"]
