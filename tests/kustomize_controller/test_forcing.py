"""Fields that cannot change: told, and left alone, unless the spec or the object wants it made anew."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, condition, config_map

FORCE = {"kustomize.toolkit.fluxcd.io/force": "Enabled"}


def immutable(value: str, **metadata: Any) -> dict[str, Any]:
    return {**config_map("cm", k=value), "metadata": {"name": "cm", **metadata}, "immutable": True}


async def uid(space: Space) -> str:
    found = await space.get("ConfigMap", "cm")
    assert found is not None
    return str(found["metadata"]["uid"])


async def test_without_force_the_refusal_is_told_and_the_object_stays(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.see_applied(await space.commit({"cm.yaml": immutable("old")}))
        before = await uid(space)
        await space.commit({"cm.yaml": immutable("new"), "other.yaml": config_map("other")})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert "field is immutable when `immutable` is set" in condition(app)["message"]
        assert await uid(space) == before
        await space.see_data("cm", {"k": "old"})
        await space.see_data("other", {"k": "v"})


@pytest.mark.parametrize(
    ("spec", "metadata"),
    [({"force": True}, {}), ({}, {"labels": FORCE}), ({}, {"annotations": FORCE})],
    ids=["spec", "label", "annotation"],
)
async def test_with_force_the_object_is_made_anew_and_told_as_created(
    space: Space, spec: dict[str, Any], metadata: dict[str, Any]
) -> None:
    async with space.controller():
        await space.kustomization(**spec)
        await space.see_applied(await space.commit({"cm.yaml": immutable("old", **metadata)}))
        before = await uid(space)
        revision = await space.commit({"cm.yaml": immutable("new", **metadata)})
        await space.see_data("cm", {"k": "new"})
        app = await space.see_applied(revision)
        assert await uid(space) != before
        assert [entry["id"] for entry in app["status"]["inventory"]["entries"]] == [f"{space.namespace}_cm__ConfigMap"]
        told = [event for event in await space.events(3) if "ConfigMap/" in event]
        assert told == [f"Normal Progressing ConfigMap/{space.namespace}/cm created"]  # twice, which is a count


async def test_a_switch_on_the_live_object_counts_too(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.see_applied(await space.commit({"cm.yaml": immutable("old")}))
        before = await uid(space)
        await space.patch("ConfigMap", "cm", {"metadata": {"annotations": FORCE}})
        await space.commit({"cm.yaml": immutable("new")})
        await space.see_data("cm", {"k": "new"})
        assert await uid(space) != before
