"""A controller that starts over what was applied before asks by the list, not by the object."""

from __future__ import annotations

from typing import Any

from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, config_map
from tests.kustomize_controller.test_tenants import account

from sluice import runtime
from sluice.testing import polling

MANY = 12
OWNER = "kustomize.toolkit.fluxcd.io/name"
WRITTEN = (("v1", "ConfigMap"), ("v1", "Service"), ("v1", "Event"), (KUSTOMIZATIONS, "Kustomization"))
"""What a start could write to."""


def app(number: int) -> str:
    return f"app-{number}"


async def applied(space: Space, **spec: Any) -> None:
    """Many Kustomizations of a ConfigMap and a Service each, applied by a controller that is no more."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "${name}"},
        "spec": {"selector": {"app": "${name}"}, "ports": [{"port": 80}]},
    }
    await space.commit({"cm.yaml": config_map("${name}"), "service.yaml": service})
    async with space.controller():
        for number in range(MANY):
            await space.kustomization(app(number), postBuild={"substitute": {"name": app(number)}}, wait=True, **spec)
        for number in range(MANY):
            await space.see_ready(name=app(number))
            await space.events(1, about=app(number))


async def versions(space: Space) -> dict[str, str]:
    found = {}
    for api_version, kind in WRITTEN:
        resource = await space.client.resource_for(api_version, kind)
        for obj in (await space.client.list(resource, space.namespace)).items:
            found[f"{kind}/{obj['metadata']['name']}"] = obj["metadata"]["resourceVersion"]
    return found


async def passed(manager: runtime.Manager) -> None:
    """Return when the controller has passed over all."""

    async def ended() -> int:
        lines = manager.metrics.render().decode().splitlines()
        return len([line for line in lines if line.startswith("gotk_reconcile_duration_seconds_count{")])

    await polling.eventually(ended, lambda found: found == MANY, what="a pass over all")


async def started_again(space: Space) -> None:
    """Start the controller and let it pass over all: nothing is written, nothing asked object by object."""
    before = await versions(space)
    space.seen.clear()
    async with space.controller() as manager:
        await passed(manager)
    assert await versions(space) == before
    assert not [what for what in space.seen if not what.startswith("GET ")]
    # Lists and watches: the metadata of a kind, what was applied of it, and for Services their health.
    assert space.seen["GET configmaps"] <= 3
    assert space.seen["GET services"] <= 5
    assert space.seen.total() < 2 * MANY


async def test_a_start_writes_nothing_and_asks_for_no_single_object(space: Space) -> None:
    await applied(space)
    await started_again(space)


async def test_what_tenants_have_applied_is_listed_as_the_tenant(space: Space) -> None:
    await account(space, resources=("configmaps", "services"))
    await applied(space, serviceAccountName="tenant")
    await started_again(space)


async def test_a_tenant_who_may_not_read_any_more_is_not_told_that_nothing_has_changed(space: Space) -> None:
    await account(space)
    await space.commit({"cm.yaml": config_map("cm")})
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant")
        await space.see_ready()
    resource = await space.client.resource_for("rbac.authorization.k8s.io/v1", "RoleBinding")
    await space.client.delete(resource, "tenant", space.namespace)
    async with space.controller():
        await space.see_ready("False", "ReconciliationFailed")


async def test_what_changed_while_nobody_looked_is_put_right_and_nothing_else(space: Space) -> None:
    await applied(space)
    await space.patch("ConfigMap", app(1), {"data": {"k": "by hand"}})
    await space.patch("ConfigMap", app(2), {"data": {"theirs": "stays"}})
    await space.patch("ConfigMap", app(3), {"metadata": {"labels": {OWNER: None}}})
    await space.delete("Service", app(4))
    before = await versions(space)
    async with space.controller() as manager:
        await passed(manager)
    after = await versions(space)
    written = {what for what in before.keys() | after.keys() if before.get(what) != after.get(what)}
    changed = {f"ConfigMap/{app(1)}", f"ConfigMap/{app(3)}", f"Service/{app(4)}"}
    told = {f"Kustomization/{app(number)}" for number in (1, 3, 4)}
    assert {what for what in written if not what.startswith("Event/")} == changed | told
    await space.see_data(app(1), {"k": "v"})
    await space.see_data(app(2), {"k": "v", "theirs": "stays"})


async def test_a_commit_that_nobody_saw_is_applied(space: Space) -> None:
    await applied(space)
    revision = await space.commit({"cm.yaml": config_map("${name}", k="new")})
    async with space.controller():
        for number in range(MANY):
            await space.see_applied(revision, app(number))
            await space.see_data(app(number), {"k": "new"})


async def test_what_was_applied_before_is_held_from_the_start(space: Space) -> None:
    await applied(space)
    async with space.controller() as manager:
        await passed(manager)
        await space.patch("ConfigMap", app(7), {"data": {"k": "by hand"}})
        await space.see_data(app(7), {"k": "v"})
