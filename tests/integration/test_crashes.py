"""Killed at any moment and started again, the controllers bring the cluster to the same end."""

import asyncio

import pytest

from sluice import testing
from sluice.testing import builders

OBJECTS = 40
MOMENTS = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Seconds after the request at which a controller is killed: before, within and after its work."""


@pytest.mark.parametrize("victim", ["source", "kustomize"])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_killed_controller_ends_where_it_would_have(
    space: testing.Space, controllers: testing.Controllers, victim: str, moment: float
) -> None:
    names = [f"cm-{number}" for number in range(OBJECTS)]
    space.commit({f"{name}.yaml": builders.config_map(name, k="1") for name in names})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    kept = {f"{name}.yaml": builders.config_map(name, k="2") for name in names[1:]}
    added = {"added.yaml": builders.config_map("added", k="2")}
    revision = space.commit({**kept, **added}, remove=["cm-0.yaml"])
    process: testing.Process = getattr(controllers, victim)
    await space.request("GitRepository", "src")
    await asyncio.sleep(moment)
    await process.kill()
    await process.start()
    await process.wait_ready()
    await space.see_applied("app", revision)
    await space.see_gone("v1", "ConfigMap", "cm-0")
    assert await applied(space) == {**dict.fromkeys(names[1:], "2"), "added": "2"}


async def test_what_was_created_before_a_crash_is_pruned_when_it_left_git_meanwhile(
    space: testing.Space, controllers: testing.Controllers
) -> None:
    space.commit({"keep.yaml": builders.config_map("keep", k="v")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    many = {f"new-{number}.yaml": builders.config_map(f"new-{number}", k="v") for number in range(100)}
    space.commit(many)
    await space.request("GitRepository", "src")
    await space.see("v1", "ConfigMap", "new-0", bool)
    await controllers.kustomize.kill()
    without = space.commit({}, remove=sorted(many))
    await space.request("GitRepository", "src")
    await space.see(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "src",
        lambda seen: seen["status"]["artifact"]["revision"] == without,
    )
    await controllers.kustomize.start()
    await space.see_applied("app", without)
    assert await applied(space) == {"keep": "v"}


async def applied(space: testing.Space) -> dict[str, str]:
    """The values of the ConfigMaps that were applied; a cluster may give every namespace some of its own."""
    resource = await space.client.resource_for("v1", "ConfigMap")
    found = await space.client.list(resource, space.name, labels="kustomize.toolkit.fluxcd.io/name=app")
    return {item["metadata"]["name"]: item["data"]["k"] for item in found.items}
