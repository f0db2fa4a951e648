"""What left Git is deleted, if it is ours and may be; what cannot be deleted is not forgotten."""

from __future__ import annotations

from typing import Any

from tests.kustomize_controller.conftest import Space, condition, config_map

RBAC = "rbac.authorization.k8s.io/v1"
GROUP = "kustomize.toolkit.fluxcd.io"


async def role(space: Space, *verbs: str) -> None:
    """What the ServiceAccount `tenant` may do with ConfigMaps."""
    meta = {"name": "tenant", "namespace": space.namespace}
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": list(verbs)}
    await space.apply({"apiVersion": RBAC, "kind": "Role", "metadata": meta, "rules": [rule]})


async def tenant(space: Space) -> None:
    meta = {"name": "tenant", "namespace": space.namespace}
    await space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"}
    subjects = [{"kind": "ServiceAccount", **meta}]
    await space.apply(
        {"apiVersion": RBAC, "kind": "RoleBinding", "metadata": meta, "roleRef": reference, "subjects": subjects}
    )


def booked(app: dict[str, Any]) -> list[str]:
    return [entry["id"].split("_")[1] for entry in app["status"]["inventory"]["entries"]]


async def test_what_cannot_be_deleted_is_told_stays_booked_and_goes_when_it_may(space: Space) -> None:
    await tenant(space)
    await role(space, "get", "list", "watch", "create", "patch", "update")
    user = f"system:serviceaccount:{space.namespace}:tenant"
    async with space.controller():
        await space.kustomization(serviceAccountName="tenant", retryInterval="1s")
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        await space.commit({}, remove=("a.yaml",))
        app = await space.see_ready("False", "PruneFailed")
        assert condition(app)["message"] == (
            f'delete failed, errors: ConfigMap/{space.namespace}/a delete failed: configmaps "a" is forbidden: '
            f'User "{user}" cannot delete resource "configmaps" in API group "" in the namespace "{space.namespace}";'
        )
        assert booked(app) == ["b", "a"]
        await role(space, "get", "list", "watch", "create", "patch", "update", "delete")
        await space.see_data("a", None)
        assert booked(await space.see_ready()) == ["b"]


async def test_what_is_kept_or_not_ours_any_more_is_skipped_and_told(space: Space) -> None:
    kept = {**config_map("kept"), "metadata": {"name": "kept", "annotations": {f"{GROUP}/prune": "Disabled"}}}
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "gone.yaml": config_map("gone"), "kept.yaml": kept})
        await space.see_ready()
        revision = await space.commit({}, remove=("gone.yaml", "kept.yaml"))
        assert booked(await space.see_applied(revision)) == ["a"]
        await space.see_data("gone", None)
        await space.see_data("kept", {"k": "v"})
        where = f"ConfigMap/{space.namespace}"
        assert f"Normal Progressing {where}/kept skipped\n{where}/gone deleted" in await space.events(4)


async def test_what_left_git_while_pruning_was_off_is_never_pruned(space: Space) -> None:
    async with space.controller():
        await space.kustomization(prune=False)
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        assert booked(await space.see_applied(await space.commit({}, remove=("b.yaml",)))) == ["a"]
        await space.kustomization(prune=True)
        await space.see_ready()
        await space.see_applied(await space.commit({"a.yaml": config_map("a", k="new")}))
        await space.see_data("b", {"k": "v"})
