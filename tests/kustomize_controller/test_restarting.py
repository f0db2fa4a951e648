"""What a controller finds in place when it starts, it leaves as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, condition, config_map

from sluice import kube
from sluice.testing import polling

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "x"}}
ROLE: dict[str, Any] = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}}
KINDS = (("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), (ROLE["apiVersion"], "Role"), ("v1", "Event"))


async def versions(space: Space) -> dict[str, str]:
    """The versions of all objects of the namespace that somebody may have touched."""
    found: list[kube.Object] = []
    for api_version, kind in (*KINDS, (KUSTOMIZATIONS, "Kustomization")):
        resource = await space.client.resource_for(api_version, kind)
        found += (await space.client.list(resource, space.namespace)).items
    return {f"{one['kind']}/{one['metadata']['name']}": one["metadata"]["resourceVersion"] for one in found}


async def restarted(space: Space, *names: str) -> None:
    """Start the controller, and return when each Kustomization has been looked at, and nothing more is to be done."""
    with structlog.testing.capture_logs() as lines:

        async def done() -> set[str]:
            return {line["name"] for line in lines if line["event"] == "reconciled"}

        async with space.controller():
            await polling.eventually(done, lambda found: found >= set(names), what="the passes at the start")
            await asyncio.sleep(0.3)


async def test_a_restart_writes_nothing_where_all_is_in_place(space: Space) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    files = {"a.yaml": config_map("a"), "s.yaml": SECRET, "r.yaml": {**ROLE, "rules": rules}, "web.yaml": service}
    async with space.controller():
        await space.kustomization(wait=True)
        await space.commit(files)
        await space.see_ready()
        await space.events(2)
    before = await versions(space)
    assert len(before) >= 7
    await restarted(space, "app")
    assert await versions(space) == before


async def test_an_object_of_two_kustomizations_changes_hands_once_at_a_restart_and_is_lost_by_neither(
    space: Space,
) -> None:
    files = {"one/a.yaml": config_map("a", k="one"), "two/a.yaml": config_map("a", k="two")}
    more = {"one/b.yaml": config_map("b"), "two/c.yaml": config_map("c")}
    async with space.controller():
        await space.commit({**files, **more})
        await space.kustomization("app", path="./one")
        await space.see_ready()
        await space.kustomization("two", path="./two")
        await space.see_ready(name="two")
        await space.see_data("a", {"k": "two"})
    for _ in range(3):
        space.seen.clear()
        await restarted(space, "app", "two")
        # Each of the two has it once, at most; dry runs count here too.
        assert space.seen["PATCH configmaps"] <= 2 * 2 + 4
        for name in ("app", "two"):
            found = await space.get("Kustomization", name, KUSTOMIZATIONS)
            assert found is not None
            assert condition(found)["status"] == "True"
    shared = await space.get("ConfigMap", "a")
    assert shared is not None
    owner = shared["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"]
    async with space.controller():
        await space.delete("Kustomization", "two" if owner == "app" else "app", KUSTOMIZATIONS)
        await polling.eventually(lambda: space.get("ConfigMap", "c" if owner == "app" else "b"), lambda left: not left)
        kept = await space.get("ConfigMap", "a")
        assert kept is not None
        assert kept["data"] == {"k": {"app": "one", "two": "two"}[owner]}
