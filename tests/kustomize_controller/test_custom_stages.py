"""Kinds that the operator names are applied before the rest, and what is refused among them holds the rest back."""

from __future__ import annotations

import pytest
from tests.kustomize_controller.conftest import Object, Space, condition, config_map

ROLES = "rbac.authorization.k8s.io/v1"


def role(name: str = "reader") -> Object:
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}
    return {"apiVersion": ROLES, "kind": "Role", "metadata": {"name": name}, "rules": [rule]}


@pytest.mark.parametrize(
    ("flag", "held_back"),
    [
        ("", False),
        ("rbac.authorization.k8s.io/Role", True),
        ("example.com/Nothing, rbac.authorization.k8s.io/Role", True),
        ("example.com/Role", False),
        ("Secret", False),
    ],
)
async def test_what_is_refused_in_the_stage_holds_back_the_rest(space: Space, flag: str, held_back: bool) -> None:
    bad = role("Bad:Name/")
    async with space.controller(*([f"--custom-apply-stage-kinds={flag}"] if flag else [])):
        await space.kustomization(retryInterval="1h")
        await space.commit({"bad.yaml": bad, "good.yaml": role(), "cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert "Bad:Name/" in condition(app)["message"]
        assert await space.get("Role", "reader", ROLES) is not None
        assert (await space.get("ConfigMap", "cm") is None) is held_back
        await space.see_applied(await space.commit({}, remove=("bad.yaml",)))
        await space.see_data("cm", {"k": "v"})
