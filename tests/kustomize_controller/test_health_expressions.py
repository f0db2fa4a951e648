"""`spec.healthCheckExprs`: the health of kinds that no rule knows, or that are judged otherwise here."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import SOURCES, Space, condition, config_map

from sluice.testing import builders

SLOW = builders.git_repository("slow", "", "http://127.0.0.1:1/none.git")
PLAIN = {"apiVersion": "v1", "kind": "ConfigMap", "current": "data.go == 'yes'", "failed": "data.go == 'never'"}


def spelled(**given: Any) -> dict[str, Any]:
    return {"apiVersion": SOURCES, "kind": "GitRepository", **given}


async def test_a_kind_without_a_status_is_judged_by_its_expressions_and_the_change_is_seen_at_once(
    space: Space,
) -> None:
    async with space.controller():
        await space.kustomization(wait=True, timeout="40s", healthCheckExprs=[PLAIN])
        await space.commit({"cm.yaml": config_map("cm", go="no")})
        await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown")
        assert condition(await space.see(lambda _: True))["status"] == "Unknown"
        await space.commit({"cm.yaml": config_map("cm", go="yes")})
        await space.see_ready()


async def test_what_has_failed_fails_early_and_names_the_object(space: Space) -> None:
    async with space.controller():
        await space.kustomization(wait=True, healthCheckExprs=[PLAIN])
        await space.commit({"cm.yaml": config_map("cm", go="never")})
        app = await space.see_ready("False", "HealthCheckFailed")
        told = f"[ConfigMap/{space.namespace}/cm status: 'Failed': as its health expression says]"
        assert condition(app)["message"].endswith(f"failed early due to stalled resources: {told}")


async def test_two_judge_one_kind_differently(space: Space) -> None:
    async with space.controller():
        await space.kustomization("lax", path="./a", wait=True, healthCheckExprs=[{**PLAIN, "current": "true"}])
        await space.kustomization("strict", path="./b", wait=True, healthCheckExprs=[PLAIN])
        await space.commit({"a/a.yaml": config_map("a", go="no"), "b/b.yaml": config_map("b", go="no")})
        await space.see_ready(name="lax")
        await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown", "strict")
        await space.commit({"b/b.yaml": config_map("b", go="yes")})
        await space.see_ready(name="strict")


async def test_a_generation_not_yet_observed_is_under_way_whatever_the_expressions_say(space: Space) -> None:
    async with space.controller():
        await space.kustomization(wait=True, timeout="40s", healthCheckExprs=[spelled(current="true")])
        await space.commit({"slow.yaml": SLOW})
        await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown")
        await space.patch_status("GitRepository", "slow", {"observedGeneration": 1})
        await space.see_ready()


async def test_expressions_of_a_kind_count_before_those_of_its_group(space: Space) -> None:
    async with space.controller():
        group = {"apiVersion": "source.toolkit.fluxcd.io/v9", "current": "false", "failed": "true"}
        checks = [group, spelled(current="status.observedGeneration == 1")]
        await space.kustomization(wait=True, timeout="40s", healthCheckExprs=checks)
        await space.commit({"slow.yaml": SLOW})
        await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown")
        await space.patch_status("GitRepository", "slow", {"observedGeneration": 1})
        await space.see_ready()


async def test_an_expression_that_fails_leaves_the_health_unknown_until_the_object_changes(space: Space) -> None:
    async with space.controller():
        target = {"apiVersion": "v1", "kind": "ConfigMap", "name": "cm", "namespace": space.namespace}
        await space.kustomization(timeout="40s", healthChecks=[target], healthCheckExprs=[PLAIN])
        await space.commit({"cm.yaml": config_map("cm", other="no")})
        await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown")
        await space.commit({"cm.yaml": config_map("cm", go="yes")})
        await space.see_ready()


@pytest.mark.parametrize(
    ("checks", "text"),
    [
        (
            [PLAIN, spelled(current="true", inProgress="a b")],
            "failed to create custom status evaluator for healthchecks[1]: failed to parse the expression InProgress: "
            "failed to parse the CEL expression 'a b': ERROR: <input>:1:3: Syntax error",
        ),
        (
            [spelled(current="true"), spelled(current="false")],
            "duplicate custom health check for GroupKind GitRepository.source.toolkit.fluxcd.io at healthchecks[1]",
        ),
    ],
)
async def test_expressions_that_cannot_be_used_stall_before_anything_is_done(
    space: Space, checks: list[Any], text: str
) -> None:
    async with space.controller():
        await space.kustomization(healthCheckExprs=checks)
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "InvalidCELExpression")
        begin = "Reconciliation failed terminally due to configuration error: "
        assert condition(app)["message"].startswith(begin + text)
        assert await space.get("ConfigMap", "cm") is None
