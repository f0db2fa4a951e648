"""`dependsOn[].readyExpr`, and dependencies of other kinds."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, SOURCES, Space, condition, config_map

from sluice import aio, cel
from sluice.appliers.expressions import Expressions
from sluice.testing import builders, polling

LABELLED = "has(dep.metadata.labels) && dep.metadata.labels.go == self.metadata.name"
WIDE = {"self": {"items": list(range(200)), "text": "a" * 1_000_000}}

SECRET = {"apiVersion": "v1", "kind": "Secret", "stringData": {"k": "v"}}


async def label(space: Space, name: str, value: str | None, kind: str = "Kustomization", **more: Any) -> None:
    body = {"metadata": {"labels": {"go": value}}}
    await space.patch(kind, name, body, **({"api_version": KUSTOMIZATIONS} | more))


async def test_the_expression_decides_and_a_change_of_the_dependency_is_judged_at_once(space: Space) -> None:
    async with space.controller():
        await space.kustomization("first", suspend=True)
        await space.kustomization(dependsOn=[{"name": "first", "readyExpr": LABELLED}])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "DependencyNotReady")
        assert condition(app)["message"] == (
            f"dependency '{space.namespace}/first' is not ready according to readyExpr eval"
        )
        # The dependency itself is never ready, which is not asked.
        await label(space, "first", "app")
        await space.see_ready()


async def test_what_cannot_be_evaluated_is_not_ready(space: Space) -> None:
    async with space.controller():
        await space.kustomization("first", suspend=True)
        await space.kustomization(dependsOn=[{"name": "first", "readyExpr": "dep.metadata.labels.go == 'x'"}])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "DependencyNotReady")
        expression = "dep.metadata.labels.go == 'x'"
        assert condition(app)["message"] == f"failed to evaluate the CEL expression '{expression}': no such key: labels"
        await label(space, "first", "x")
        await space.see_ready()


async def test_with_the_gate_the_dependency_has_to_be_ready_as_well(space: Space) -> None:
    async with space.controller("--feature-gates=AdditiveCELDependencyCheck=true"):
        await space.kustomization("first", suspend=True)
        await space.kustomization(dependsOn=[{"name": "first", "readyExpr": "true"}])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "DependencyNotReady")
        assert condition(app)["message"] == f"dependency '{space.namespace}/first' is not ready"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("dep.nope(1)", "failed to parse the CEL expression 'dep.nope(1)': ERROR: <input>:1:9: undeclared reference"),
        ("dep.metadata.name", "CEL expression output type mismatch: expected bool, got dyn"),
    ],
)
async def test_what_is_no_condition_stalls_until_the_spec_changes(space: Space, expression: str, text: str) -> None:
    async with space.controller():
        await space.kustomization("first", suspend=True)
        await space.kustomization(dependsOn=[{"name": "first", "readyExpr": expression}])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "InvalidCELExpression")
        begin = "Reconciliation failed terminally due to configuration error: terminal error: "
        assert condition(app)["message"].startswith(f"{begin}failed to evaluate dependency first: {text}")
        assert condition(app, "Stalled")["status"] == "True"
        await space.kustomization(dependsOn=[{"name": "first", "readyExpr": "true"}])
        await space.see_ready()


async def test_any_object_can_be_depended_on(space: Space) -> None:
    async with space.controller():
        slow = {"apiVersion": SOURCES, "kind": "GitRepository", "name": "slow"}
        flag = {"apiVersion": "v1", "kind": "ConfigMap", "name": "flag", "readyExpr": "dep.data.go == 'yes'"}
        await space.kustomization(dependsOn=[slow, flag])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "DependencyNotReady")
        what = f"dependency 'GitRepository/{space.namespace}/slow'"
        assert condition(app)["message"] == f"{what} is not ready: Resource not found"
        await space.apply(builders.git_repository("slow", space.namespace, "http://127.0.0.1:1/none.git"))
        # It has observed no generation yet.
        await space.see(lambda obj: "Resource not found" not in condition(obj)["message"])
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "done"}
        done = {"observedGeneration": 1, "conditions": [{**ready, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
        await space.patch_status("GitRepository", "slow", done)
        await space.see(lambda obj: "ConfigMap" in condition(obj)["message"])
        await space.apply({**config_map("flag", go="no"), "metadata": meta("flag", space)})
        await space.see(lambda obj: "according to readyExpr" in condition(obj)["message"])
        await space.patch("ConfigMap", "flag", {"data": {"go": "yes"}})
        await space.see_ready()


async def test_objects_without_a_namespace_can_be_depended_on(space: Space) -> None:
    async with space.controller():
        await space.kustomization(dependsOn=[{"apiVersion": "v1", "kind": "Namespace", "name": space.namespace}])
        await space.commit({"cm.yaml": config_map("cm")})
        await space.see_ready()


async def test_what_is_half_named_or_elsewhere_is_refused(space: Space) -> None:
    async with space.controller("--no-cross-namespace-refs"):
        await space.kustomization("half", dependsOn=[{"kind": "ConfigMap", "name": "flag"}])
        elsewhere = {"apiVersion": "v1", "kind": "Secret", "name": "flag", "namespace": "kube-system"}
        await space.kustomization(dependsOn=[elsewhere])
        await space.commit({"cm.yaml": config_map("cm")})
        await space.see_ready("False", "InvalidDependency", "half")
        await space.see_ready("False", "AccessDenied")


async def test_a_tenant_learns_nothing_of_what_it_may_not_read(space: Space) -> None:
    async with space.controller():
        await space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("tenant", space)})
        await space.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": meta("s", space), "stringData": {"k": "v"}}
        )
        secret = {"apiVersion": "v1", "kind": "Secret", "name": "s", "readyExpr": "dep.data.k == 'dg=='"}
        await space.kustomization(serviceAccountName="tenant", dependsOn=[secret])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "DependencyNotReady")
        user = f"system:serviceaccount:{space.namespace}:tenant"
        what = f"dependency 'Secret/{space.namespace}/s'"
        assert condition(app)["message"] == f"{what} is not ready: {user} may not read it"


async def test_a_failing_expression_does_not_tell_what_a_secret_holds(space: Space) -> None:
    async with space.controller():
        await space.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": meta("s", space), "stringData": {"k": "v"}}
        )
        secret = {"apiVersion": "v1", "kind": "Secret", "name": "s", "readyExpr": "dep[dep.data.k] == 1"}
        await space.kustomization(dependsOn=[secret])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "DependencyNotReady")
        what = f"dependency 'Secret/{space.namespace}/s'"
        assert condition(app)["message"] == f"{what} cannot be judged by readyExpr"


def meta(name: str, space: Space) -> dict[str, str]:
    return {"name": name, "namespace": space.namespace}


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("self.items.all(x, self.items.all(y, !self.text.matches('(a|aa)*b')))", "takes longer than 2s"),
        ("'a'" + ".replace('a', 'aaaaaaaaaa')" * 10 + " == ''", "ended the process|memory|longer than"),
        ("sets.contains([optional.of(1)], [1])", "ended the process"),
    ],
)
async def test_a_hostile_expression_costs_nobody_else_anything(expression: str, why: str) -> None:
    async with aio.TaskOwner() as tasks:
        expressions = Expressions(tasks, aio.SystemClock())
        longest = tasks.spawn(longest_pause(), name="pulse")
        with pytest.raises(cel.EvaluationError, match=why):
            await expressions.first_true([expression], WIDE, None, tenant="apps")
        # Nor does it keep the others waiting: it is not tried again for a while.
        with pytest.raises(cel.EvaluationError, match=why):
            await asyncio.wait_for(expressions.first_true([expression], WIDE, None, tenant="apps"), 0.1)
        assert await expressions.first_true(["self.items[0] == 0"], WIDE, None, tenant="apps") == 0
        longest.cancel()
        assert await longest < 0.5


async def test_an_expression_that_offends_again_is_left_alone_for_longer() -> None:
    clock = aio.VirtualClock()
    async with aio.TaskOwner() as tasks:
        expressions = Expressions(tasks, clock)
        hostile = ["sets.contains([optional.of(1)], [1])"]
        for seconds in (60.0, 120.0, 240.0):
            with pytest.raises(cel.EvaluationError):
                await expressions.first_true(hostile, WIDE, None, tenant="apps")
            assert expressions._barred[tuple(hostile)].until == clock.monotonic() + seconds
            await clock.advance(seconds)


async def longest_pause() -> float:
    longest, before = 0.0, time.monotonic()
    try:
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            longest, before = max(longest, now - before - 0.01), now
    except asyncio.CancelledError:
        return longest


async def test_no_process_is_started_where_nobody_writes_expressions(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"cm.yaml": config_map("cm")})
        await space.see_ready()
        await polling.eventually(running, lambda names: "expressions" not in names)


async def running() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}
