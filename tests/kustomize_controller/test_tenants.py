"""Kustomizations that act as a ServiceAccount of their namespace."""

from __future__ import annotations

from typing import Any

from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, condition, config_map

from sluice.testing import polling

RBAC = "rbac.authorization.k8s.io/v1"


async def account(space: Space, name: str = "tenant", *, resources: tuple[str, ...] = ("configmaps",)) -> None:
    """A ServiceAccount that may do everything with these resources in the namespace."""
    meta = {"name": name, "namespace": space.namespace}
    rule = {"apiGroups": [""], "resources": list(resources), "verbs": ["*"]}
    subject = {"kind": "ServiceAccount", **meta}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    await space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    await space.apply({"apiVersion": RBAC, "kind": "Role", "metadata": meta, "rules": [rule]})
    binding: dict[str, Any] = {"apiVersion": RBAC, "kind": "RoleBinding", "metadata": meta}
    await space.apply({**binding, "subjects": [subject], "roleRef": role})


async def test_a_tenant_applies_repairs_and_prunes_what_it_may_and_nothing_else(space: Space) -> None:
    await account(space)
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant")
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await space.see_data("a", {"k": "v"})
        await space.commit({}, remove=("b.yaml",))
        await space.see_data("b", None)

        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
        await space.commit({"s.yaml": service})
        app = await space.see_ready("False", "ReconciliationFailed")
        user = f"system:serviceaccount:{space.namespace}:tenant"
        assert (
            f'Service/{space.namespace}/s dry-run failed (Forbidden): services "s" is forbidden: User "{user}"'
            in (condition(app)["message"])
        )
        assert await space.get("Service", "s") is None


async def test_an_account_that_may_do_nothing_is_told_so_by_the_server(space: Space) -> None:
    async with space.controller():
        await space.kustomization(serviceAccountName="nobody")
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert condition(app)["message"].startswith(
            f'ConfigMap/{space.namespace}/a dry-run failed (Forbidden): configmaps "a" is forbidden: '
            f'User "system:serviceaccount:{space.namespace}:nobody" cannot patch resource "configmaps"'
        )


async def test_the_default_account_acts_for_those_that_name_none(space: Space) -> None:
    await account(space, "named")
    async with space.controller("--default-service-account=locked"):
        await space.kustomization()
        await space.kustomization("free", serviceAccountName="named", path="./none")
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert f'"system:serviceaccount:{space.namespace}:locked"' in condition(app)["message"]
        await account(space, "locked")
        await space.request()
        await space.see_ready()


async def test_another_account_has_to_be_allowed_even_if_nothing_changes(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.patch(
            "Kustomization", "app", {"spec": {"serviceAccountName": "nobody"}}, api_version=KUSTOMIZATIONS
        )
        app = await space.see_ready("False", "ReconciliationFailed")
        assert "Forbidden" in condition(app)["message"]
        await space.see_data("a", {"k": "v"})


async def test_a_tenant_learns_nothing_of_objects_that_it_may_not_read(space: Space) -> None:
    await account(space)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": space.namespace}}
    await space.apply(secret)
    check = {"apiVersion": "v1", "kind": "Secret", "name": "hidden", "namespace": space.namespace}
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant", healthChecks=[check], timeout="30s", retryInterval="1s")
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown")
        assert condition(app)["status"] == "Unknown"
        await account(space, resources=("configmaps", "secrets"))
        await space.see_ready()


async def test_what_a_tenant_may_read_is_asked_for_once_and_anew_when_the_object_changes(space: Space) -> None:
    await account(space, resources=("configmaps", "secrets"))
    for name in ("wanted", "checked"):
        await space.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": space.namespace}}
        )
    check = {"apiVersion": "v1", "kind": "Secret", "name": "checked", "namespace": space.namespace}
    wanted = {"apiVersion": "v1", "kind": "Secret", "name": "wanted"}
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant", healthChecks=[check], dependsOn=[wanted])
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        space.seen.clear()
        asked = await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked)
        assert space.seen["GET secrets"] == 0

        # Who may no longer read it learns nothing of what has changed since.
        await account(space)
        await space.patch("Secret", "wanted", {"data": {"k": "dg=="}})
        app = await space.see_ready("False", "DependencyNotReady")
        assert condition(app)["message"].endswith(
            "system:serviceaccount:" + space.namespace + ":tenant may not read it"
        )
        await account(space, resources=("configmaps", "secrets"))
        await space.request()
        await space.see_ready()


async def test_another_spec_or_account_has_to_be_allowed_to_read_anew(space: Space) -> None:
    await account(space, resources=("configmaps", "secrets"))
    await account(space, "other")
    await space.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "wanted", "namespace": space.namespace}}
    )
    wanted = {"apiVersion": "v1", "kind": "Secret", "name": "wanted"}
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant", dependsOn=[wanted])
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.kustomization(serviceAccountName="other", dependsOn=[wanted])
        await space.see_ready("False", "DependencyNotReady")
        await space.kustomization(serviceAccountName="tenant", dependsOn=[wanted])
        await space.see_ready()
        await account(space)
        # An expression would tell what the object holds.
        await space.kustomization(serviceAccountName="tenant", dependsOn=[{**wanted, "readyExpr": "has(dep.type)"}])
        await space.see_ready("False", "DependencyNotReady")


async def test_what_an_account_that_is_gone_has_applied_stays_and_is_told(space: Space) -> None:
    await account(space)
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant")
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.delete("ServiceAccount", "tenant")
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)

        async def look() -> Any:
            return await space.get("Kustomization", "app", KUSTOMIZATIONS)

        await polling.eventually(look, lambda found: found is None, what="the end of the Kustomization")
        assert await space.get("ConfigMap", "a") is not None
        text = f"Warning ReconciliationSucceeded unable to prune objects: \nConfigMap/{space.namespace}/a"
        assert text in await space.events(4)
