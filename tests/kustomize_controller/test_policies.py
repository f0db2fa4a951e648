"""What `kustomize.toolkit.fluxcd.io/ssa` does through an object's life, as label or annotation; as real Flux does."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests.kustomize_controller.conftest import Space, config_map

from sluice import kube

SSA = "kustomize.toolkit.fluxcd.io/ssa"


class Life(NamedTuple):
    """The data of an object that was there before Git had it, and of one that was not; None where there is none."""

    applied: Any
    edited: Any
    committed: Any
    removed: Any


OLD = {"extra": "mine", "k": "old"}
EDIT = {"k": "hand", "added": "hand"}
OVERRIDE = {
    "pre": Life({"k": "git"}, {"k": "git"}, {"k": "git2"}, None),
    "new": Life({"k": "git"}, {"k": "git"}, {"k": "git2"}, None),
}
MERGE = {
    "pre": Life({**OLD, "k": "git"}, {**OLD, "added": "hand", "k": "git"}, {**OLD, "added": "hand", "k": "git2"}, None),
    "new": Life({"k": "git"}, {"added": "hand", "k": "git"}, {"added": "hand", "k": "git2"}, None),
}
IF_NOT_PRESENT = {
    "pre": Life(OLD, {**OLD, **EDIT}, {**OLD, **EDIT}, {**OLD, **EDIT}),
    "new": Life({"k": "git"}, EDIT, EDIT, None),
}
IGNORE = {
    "pre": Life(OLD, {**OLD, **EDIT}, {**OLD, **EDIT}, {**OLD, **EDIT}),
    "new": Life(None, None, None, None),
}


def switched(name: str, value: str, field: str, policy: str) -> dict[str, Any]:
    obj = config_map(name, k=value)
    return {**obj, "metadata": {**obj["metadata"], field: {SSA: policy}}} if policy else obj


async def edited(space: Space, name: str) -> None:
    """As `kubectl edit` does it."""
    resource = await space.client.resource_for("v1", "ConfigMap")
    body = {"data": EDIT}
    await space.client.patch(resource, name, space.namespace, body, kind=kube.PatchType.MERGE, manager="kubectl-edit")


@pytest.mark.parametrize(
    ("field", "policy", "lives"),
    [
        ("labels", "", OVERRIDE),
        ("annotations", "Override", OVERRIDE),
        ("annotations", "nothing-known", OVERRIDE),
        ("annotations", "Merge", MERGE),
        ("labels", "merge", MERGE),
        ("annotations", "IfNotPresent", IF_NOT_PRESENT),
        ("annotations", "Ignore", IGNORE),
    ],
)
async def test_the_policy_decides_what_is_gits(space: Space, field: str, policy: str, lives: dict[str, Life]) -> None:
    await space.apply({**config_map("pre", **OLD), "metadata": {"name": "pre", "namespace": space.namespace}})
    async with space.controller():
        await space.kustomization()
        files = {f"{name}.yaml": name for name in lives}
        await space.see_applied(
            await space.commit({file: switched(name, "git", field, policy) for file, name in files.items()})
        )
        for name, life in lives.items():
            await space.see_data(name, life.applied)

        for name in (name for name, life in lives.items() if life.applied is not None):
            await edited(space, name)
        asked = await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked)
        for name, life in lives.items():
            await space.see_data(name, life.edited)

        await space.see_applied(
            await space.commit({file: switched(name, "git2", field, policy) for file, name in files.items()})
        )
        for name, life in lives.items():
            await space.see_data(name, life.committed)

        await space.see_applied(await space.commit({"c.yaml": config_map("c")}, remove=tuple(files)))
        for name, life in lives.items():
            await space.see_data(name, life.removed)
