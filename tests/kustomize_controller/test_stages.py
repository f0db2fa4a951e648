"""Definitions and classes come first; what needs them waits until they are current, by their rules or the spec's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.kustomize_controller.conftest import Object, Space, condition, config_map

from sluice import kube
from sluice.testing import polling


@pytest.fixture
async def group(space: Space) -> AsyncIterator[str]:
    """An API group with the kind WidgetClass, whose controller is the test."""
    made = f"{space.namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgetclasses.{made}"},
        "spec": {
            "group": made,
            "names": {"kind": "WidgetClass", "plural": "widgetclasses"},
            "scope": "Namespaced",
            "versions": [{**version, "subresources": {"status": {}}}],
        },
    }
    await space.apply(crd)

    async def served() -> bool:
        space.client.discovery.invalidate()
        try:
            await space.client.resource_for(f"{made}/v1", "WidgetClass")
        except kube.NoKindMatch:
            return False
        return True

    await polling.eventually(served, what="the kind")
    yield made
    resource = await space.client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    await space.client.delete(resource, f"widgetclasses.{made}")


def widgets(group: str, name: str = "w") -> Object:
    return {"apiVersion": f"{group}/v1", "kind": "WidgetClass", "metadata": {"name": name}}


def rule(group: str) -> dict[str, Any]:
    says = {"current": "has(status.good) && status.good", "failed": "has(status.good) && !status.good"}
    return {"apiVersion": f"{group}/v1", "kind": "WidgetClass", **says}


async def say(space: Space, group: str, name: str = "w", **status: bool) -> None:
    async def look() -> bool:
        return await space.get("WidgetClass", name, f"{group}/v1") is not None

    await polling.eventually(look, what="the class")
    await space.patch("WidgetClass", name, {"status": status}, api_version=f"{group}/v1", subresource="status")


async def test_a_class_is_waited_for_as_the_expressions_of_the_spec_say_and_by_no_worker(
    space: Space, group: str
) -> None:
    async with space.controller("--concurrent=1"):
        await space.kustomization(healthCheckExprs=[rule(group)])
        await space.commit({"w.yaml": widgets(group), "cm.yaml": config_map("cm")})
        app = await space.see(lambda obj: len(obj.get("status", {}).get("inventory", {}).get("entries", ())) == 1)
        app = await space.see_ready("Unknown", "Progressing")
        assert await space.get("ConfigMap", "cm") is None
        assert await space.events(1) == [f"Normal Progressing WidgetClass/{space.namespace}/w created"]
        # The only worker is free meanwhile.
        await space.kustomization("other", path="./none")
        await space.see_ready("False", "ArtifactFailed", "other")
        await say(space, group, good=True)
        app = await space.see_ready()
        assert await space.get("ConfigMap", "cm") is not None
        assert len(app["status"]["inventory"]["entries"]) == 2
        assert (await space.events(2))[1] == f"Normal Progressing ConfigMap/{space.namespace}/cm created"


async def test_without_expressions_a_class_without_conditions_holds_nothing_up(space: Space, group: str) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"w.yaml": widgets(group), "cm.yaml": config_map("cm")})
        await space.see_ready()
        created = (await space.events(2))[0]
        ns = space.namespace
        assert created == f"Normal Progressing WidgetClass/{ns}/w created\nConfigMap/{ns}/cm created"


async def test_a_class_that_has_failed_is_not_waited_for_and_what_failed_is_named_until_it_recovers(
    space: Space, group: str
) -> None:
    async with space.controller():
        await space.kustomization(healthCheckExprs=[rule(group)])
        await space.commit({"w.yaml": widgets(group), "x.yaml": widgets(group, "x"), "cm.yaml": config_map("cm")})
        await say(space, group, good=False)
        await space.see_ready("Unknown", "Progressing")
        await say(space, group, "x", good=False)
        app = await space.see_ready("False", "ReconciliationFailed")
        ns, why = space.namespace, "status: 'Failed': as its health expression says"
        told = f"failed early due to stalled resources: [WidgetClass/{ns}/w {why}, WidgetClass/{ns}/x {why}]"
        assert condition(app)["message"].startswith(told)
        assert await space.get("ConfigMap", "cm") is None
        await say(space, group, good=True)
        await say(space, group, "x", good=True)
        await space.see_ready()


async def test_a_class_that_takes_too_long_is_named(space: Space, group: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("sluice_controllers.kustomize.steps.staging._SECONDS", 1.5)
    async with space.controller():
        await space.kustomization(healthCheckExprs=[rule(group)])
        await space.commit({"w.yaml": widgets(group), "x.yaml": widgets(group, "x"), "cm.yaml": config_map("cm")})
        await say(space, group, "x", good=True)
        await say(space, group, seen=True)
        app = await space.see_ready("False", "ReconciliationFailed")
        stuck = f"WidgetClass/{space.namespace}/w status: 'InProgress': no health expression holds"
        assert condition(app)["message"].startswith(f"timeout waiting for: [{stuck}]")
        assert await space.get("ConfigMap", "cm") is None
        await say(space, group, good=True)
        await space.see_ready()


async def test_a_newer_revision_ends_the_wait_for_a_stage(space: Space, group: str) -> None:
    async with space.controller():
        await space.kustomization(healthCheckExprs=[rule(group)])
        await space.commit({"w.yaml": widgets(group), "cm.yaml": config_map("cm")})
        await space.see_ready("Unknown", "Progressing")
        revision = await space.commit({"cm.yaml": config_map("cm", k="2")}, remove=("w.yaml",))
        await space.see_applied(revision)
        await space.see_data("cm", {"k": "2"})
        assert await space.get("WidgetClass", "w", f"{group}/v1") is None


async def test_what_was_current_is_not_asked_for_again_until_it_or_its_rule_changes(space: Space, group: str) -> None:
    async with space.controller():
        await space.kustomization(healthCheckExprs=[rule(group)])
        await space.commit({"w.yaml": widgets(group), "cm.yaml": config_map("cm")})
        await say(space, group, good=True)
        await space.see_ready()
        space.seen.clear()
        asked = await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked)
        assert not [call for call in space.seen if "widgetclasses" in call or "configmaps" in call]
        await space.kustomization(healthCheckExprs=[{**rule(group), "current": "status.better"}])
        await space.see_ready("Unknown", "Progressing")


async def test_an_object_that_is_left_alone_is_not_waited_for(space: Space, group: str) -> None:
    async with space.controller():
        left = widgets(group)
        left["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}
        await space.kustomization(healthCheckExprs=[rule(group)])
        await space.commit({"w.yaml": left, "cm.yaml": config_map("cm")})
        await space.see_ready()
        assert await space.get("ConfigMap", "cm") is not None
