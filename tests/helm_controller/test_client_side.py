"""Client-side apply: what a manifest no longer says goes, what others have set stays."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.test_applying_objects import config_map, data, put

from sluice_controllers.helm.objects import applying

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d"},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [
                    {"name": "one", "image": "i:1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
                    {"name": "two", "image": "i:1"},
                ],
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
        },
    },
}


async def test_an_object_is_made_then_merged_into(cluster: Cluster) -> None:
    old = config_map("a", k="1", gone="g")
    assert await put(cluster, old, server_side=False) == ["a"]
    await cluster.patch("ConfigMap", "a", {"data": {"theirs": "t"}})
    assert await put(cluster, config_map("a", k="2"), before=(old,), server_side=False) == []
    assert await data(cluster, "a") == {"k": "2", "theirs": "t"}


async def test_what_is_as_it_should_be_is_not_written(cluster: Cluster) -> None:
    await put(cluster, config_map("a", k="1"), server_side=False)
    await put(cluster, config_map("a", k="1"), before=(config_map("a", k="1"),), server_side=False)
    assert dict(cluster.seen) == {"GET": 1}


async def test_what_others_changed_is_put_back(cluster: Cluster) -> None:
    await put(cluster, config_map("a", k="1"), server_side=False)
    await cluster.patch("ConfigMap", "a", {"data": {"k": "theirs"}})
    await put(cluster, config_map("a", k="1"), before=(config_map("a", k="1"),), server_side=False)
    assert await data(cluster, "a") == {"k": "1"}


async def test_an_object_that_is_there_is_adopted_and_keeps_the_rest(cluster: Cluster) -> None:
    await cluster.put(config_map("a", k="theirs", more="m"))
    assert await put(cluster, config_map("a", k="ours"), server_side=False) == []
    assert await data(cluster, "a") == {"k": "ours", "more": "m"}


async def test_items_of_lists_come_go_and_stay_by_their_names(cluster: Cluster) -> None:
    await put(cluster, DEPLOYMENT, server_side=False)
    sidecar = {"spec": {"template": {"metadata": {"annotations": {"theirs": "t"}}}}}
    await cluster.patch("Deployment", "d", sidecar, api_version="apps/v1")
    new = copy.deepcopy(DEPLOYMENT)
    pod = new["spec"]["template"]["spec"]
    pod["containers"] = [
        {"name": "three", "image": "i:3"},
        {"name": "one", "image": "i:2", "env": [{"name": "Y", "value": "3"}]},
    ]
    pod["volumes"] = [{"name": "v", "configMap": {"name": "c"}}]
    new["spec"]["strategy"] = {"type": "Recreate"}
    await put(cluster, new, before=(DEPLOYMENT,), server_side=False)
    found = await cluster.get("Deployment", "d", "apps/v1")
    assert found is not None
    spec = found["spec"]["template"]["spec"]
    assert [(each["name"], each["image"]) for each in spec["containers"]] == [("three", "i:3"), ("one", "i:2")]
    assert spec["containers"][1]["env"] == [{"name": "Y", "value": "3"}]
    assert sorted(spec["volumes"][0]) == ["configMap", "name"]
    assert found["spec"]["strategy"] == {"type": "Recreate"}
    assert found["spec"]["template"]["metadata"]["annotations"] == {"theirs": "t"}


async def test_finalizers_of_others_stay(cluster: Cluster) -> None:
    old, new = config_map("a"), config_map("a")
    old["metadata"]["finalizers"] = ["example.dev/ours"]
    await put(cluster, old, server_side=False)
    both = {"metadata": {"finalizers": ["example.dev/ours", "example.dev/theirs"]}}
    await cluster.patch("ConfigMap", "a", both)
    new["metadata"]["finalizers"] = []
    await put(cluster, new, before=(old,), server_side=False)
    found = await cluster.get("ConfigMap", "a")
    await cluster.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})
    assert found is not None
    assert found["metadata"]["finalizers"] == ["example.dev/theirs"]


async def test_a_replaced_object_is_what_the_manifest_says_alone(cluster: Cluster) -> None:
    await put(cluster, config_map("a", k="1"), server_side=False)
    await cluster.patch("ConfigMap", "a", {"data": {"theirs": "t"}})
    await put(cluster, config_map("a", k="2"), before=(config_map("a", k="1"),), server_side=False, replace=True)
    assert await data(cluster, "a") == {"k": "2"}


async def test_what_cannot_change_is_refused_in_helms_words(cluster: Cluster) -> None:
    old = {**config_map("a", k="1"), "immutable": True}
    await put(cluster, old, server_side=False)
    with pytest.raises(applying.ApplyFailed, match=r'cannot patch "a" with kind ConfigMap: .*immutable'):
        await put(cluster, {**config_map("a", k="2"), "immutable": True}, before=(old,), server_side=False)
    with pytest.raises(applying.ApplyFailed, match=r"failed to replace object: .*immutable"):
        await put(cluster, config_map("a", k="2"), before=(old,), server_side=False, replace=True)
