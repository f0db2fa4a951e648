"""A commit becomes cluster state: live, kept so, and gone again when Git says so."""

import asyncio
import pathlib

from sluice import testing, yamlio
from sluice.testing import builders

SAMPLE = pathlib.Path(__file__).parents[2] / "manifests" / "samples" / "my-app.yaml"
CONFIG_MAP = ("v1", "ConfigMap")


async def test_a_commit_goes_live_and_so_does_the_next(space: testing.Space) -> None:
    first = space.commit({"cm.yaml": builders.config_map("cm", k="1")})
    await space.source()
    await space.kustomization()
    await space.see_applied("app", first)
    second = space.commit({"cm.yaml": builders.config_map("cm", k="2")})
    await space.request("GitRepository", "src")
    await space.see(*CONFIG_MAP, "cm", lambda seen: seen["data"] == {"k": "2"})
    await space.see_applied("app", second)


async def test_the_sample_manifests_work_with_only_the_url_changed(space: testing.Space) -> None:
    overlay = {"resources": ["../../base"], "namePrefix": "prod-"}
    revision = space.commit(
        {
            "apps/my-app/base/kustomization.yaml": {"resources": ["settings.yaml"]},
            "apps/my-app/base/settings.yaml": builders.config_map("settings", greeting="hello"),
            "apps/my-app/overlays/prod/kustomization.yaml": overlay,
        }
    )
    source, built = yamlio.load_all(SAMPLE.read_text())
    source["spec"]["url"] = space.url
    # The sample applies to the namespace my-app; a test keeps to its own.
    built["spec"]["targetNamespace"] = space.name
    for item in (source, built):
        item["metadata"]["namespace"] = space.name
        await space.apply(item)
    await space.see_applied("my-app", revision)
    await space.see(*CONFIG_MAP, "prod-settings", lambda seen: seen["data"] == {"greeting": "hello"})


async def test_an_edit_by_hand_is_put_back(space: testing.Space) -> None:
    space.commit({"cm.yaml": builders.config_map("cm", k="as in Git")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    await space.patch(*CONFIG_MAP, "cm", {"data": {"k": "by hand"}})
    await space.see(*CONFIG_MAP, "cm", lambda seen: seen["data"]["k"] == "as in Git")


async def test_an_object_deleted_by_hand_comes_back(space: testing.Space) -> None:
    space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    before = await space.see(*CONFIG_MAP, "cm", bool)
    resource = await space.client.resource_for(*CONFIG_MAP)
    await space.client.delete(resource, "cm", space.name)
    await space.see(*CONFIG_MAP, "cm", lambda seen: seen["metadata"]["uid"] != before["metadata"]["uid"])


async def test_what_leaves_git_leaves_the_cluster_and_nothing_else_does(space: testing.Space) -> None:
    space.commit({"a.yaml": builders.config_map("a", k="v"), "b.yaml": builders.config_map("b", k="v")})
    await space.apply(
        {**builders.config_map("not-ours", k="v"), "metadata": {"name": "not-ours", "namespace": space.name}}
    )
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    revision = space.commit({}, remove=["b.yaml"])
    await space.request("GitRepository", "src")
    await space.see_gone(*CONFIG_MAP, "b")
    await space.see_applied("app", revision)
    assert await space.get(*CONFIG_MAP, "a")
    assert await space.get(*CONFIG_MAP, "not-ours")


async def test_an_object_that_another_kustomization_has_taken_over_is_not_pruned(space: testing.Space) -> None:
    space.commit(
        {"one/cm.yaml": builders.config_map("cm", k="one"), "two/other.yaml": builders.config_map("other", k="two")}
    )
    await space.source()
    await space.kustomization("one", path="./one")
    await space.kustomization("two", path="./two")
    await space.see_ready("Kustomization", "one")
    await space.see_ready("Kustomization", "two")
    labels = {"kustomize.toolkit.fluxcd.io/name": "two", "kustomize.toolkit.fluxcd.io/namespace": space.name}
    await space.patch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "one", {"spec": {"suspend": True}})
    await space.patch(*CONFIG_MAP, "cm", {"metadata": {"labels": labels}})
    moved = space.commit(
        {"two/cm.yaml": builders.config_map("cm", k="two"), "one/new.yaml": builders.config_map("new", k="v")},
        remove=["one/cm.yaml"],
    )
    await space.request("GitRepository", "src")
    await space.see_applied("two", moved)
    await space.patch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "one", {"spec": {"suspend": False}})
    await space.see_applied("one", moved)
    await space.see(*CONFIG_MAP, "cm", lambda seen: seen["data"] == {"k": "two"})


async def test_a_deleted_kustomization_takes_its_objects_along(space: testing.Space) -> None:
    space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    resource = await space.client.resource_for("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
    await space.client.delete(resource, "app", space.name)
    await space.see_gone("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app")
    await space.see_gone(*CONFIG_MAP, "cm")


async def test_a_dependent_follows_the_moment_its_dependency_is_ready(space: testing.Space) -> None:
    space.commit({"a/cm.yaml": builders.config_map("a", k="v"), "b/cm.yaml": builders.config_map("b", k="v")})
    await space.source()
    await space.kustomization("second", path="./b", dependsOn=[{"name": "first"}])
    await space.see_ready("Kustomization", "second", "False", reason="DependencyNotReady")
    await space.kustomization("first", path="./a")
    await space.see_ready("Kustomization", "first")
    # Flux looks again after 30 s.
    async with asyncio.timeout(25):
        await space.see_ready("Kustomization", "second")
    await space.see(*CONFIG_MAP, "b", bool)
