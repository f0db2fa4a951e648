"""A build that is suddenly empty or tiny does not silently delete what was applied."""

from __future__ import annotations

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, condition, config_map

from sluice import runtime
from sluice_controllers.kustomize import guarding
from sluice_controllers.kustomize.settings import KustomizeSettings

OBJECT = {"metadata": {"name": "app"}}


def limited(limit: str) -> dict[str, dict[str, object]]:
    return {"metadata": {"name": "app", "annotations": {guarding.ANNOTATION: limit}}}


@pytest.mark.parametrize(
    ("default", "obj", "doomed", "booked", "built", "refused"),
    [
        ("", OBJECT, 5, 5, 0, "the build is empty, which would delete all 5 objects"),
        ("", OBJECT, 5, 6, 1, ""),
        ("", OBJECT, 5, 5, 1, ""),
        ("", limited("100%"), 5, 5, 0, ""),
        ("", limited("50%"), 5, 10, 5, ""),
        ("", limited("50%"), 6, 10, 4, "6 of 10 objects of the inventory would be deleted, more than 50% at once"),
        ("", limited("3"), 3, 100, 97, ""),
        ("", limited("3"), 4, 100, 96, "more than 3 at once"),
        ("20%", OBJECT, 21, 100, 79, "more than 20% at once"),
        ("20%", limited("100%"), 100, 100, 0, ""),
        ("20%", OBJECT, 0, 100, 100, ""),
        ("0", OBJECT, 1, 100, 99, "more than 0 at once"),
    ],
)
def test_what_one_pass_may_prune(
    default: str, obj: dict[str, dict[str, object]], doomed: int, booked: int, built: int, refused: str
) -> None:
    found = guarding.Guard(default).refusal(obj, doomed=doomed, booked=booked, built=built)
    assert refused in found
    assert bool(found) == bool(refused)


@pytest.mark.parametrize("text", ["", "x", "50 %", "-1", "1.5%", "5%%"])
def test_a_limit_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(guarding.InvalidLimit, match="neither a number of objects"):
        guarding.Limit.parse(text)
    if text:
        with pytest.raises(runtime.SettingsError, match="--prune-limit"):
            KustomizeSettings.parse([f"--prune-limit={text}"], {})


async def test_an_empty_build_deletes_nothing_until_it_is_said_to_be_meant(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        await space.commit({}, remove=("a.yaml", "b.yaml"))
        app = await space.see_ready("False", "PruneRefused")
        assert condition(app)["message"] == (
            "nothing is pruned: the build is empty, which would delete all 2 objects of the inventory; "
            "if that is meant, annotate it with sluice.dev/prune-limit: 100%"
        )
        assert condition(app, "Stalled")["status"] == "True"
        assert len(app["status"]["inventory"]["entries"]) == 2
        await space.see_data("a", {"k": "v"})
        # It is put back as before, and told once.
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await space.see_data("a", {"k": "v"})
        assert len([event for event in await space.events() if "PruneRefused" in event]) == 1

        meant = {"metadata": {"annotations": {guarding.ANNOTATION: "100%"}}}
        await space.patch("Kustomization", "app", meant, api_version=KUSTOMIZATIONS)
        await space.see_data("a", None)
        await space.see_data("b", None)
        app = await space.see_ready()
        assert condition(app, "Stalled") == {}


async def test_a_commit_that_brings_the_objects_back_ends_the_refusal(space: Space) -> None:
    async with space.controller("--prune-limit=50%"):
        await space.kustomization()
        await space.commit({name: config_map(name[0]) for name in ("a.yaml", "b.yaml", "c.yaml", "d.yaml")})
        await space.see_ready()
        await space.commit({"e.yaml": config_map("e")}, remove=("a.yaml", "b.yaml", "c.yaml"))
        app = await space.see_ready("False", "PruneRefused")
        assert "3 of 4 objects" in condition(app)["message"]
        # What is new is applied, and booked.
        await space.see_data("e", {"k": "v"})
        assert len(app["status"]["inventory"]["entries"]) == 5
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        app = await space.see_ready()
        await space.see_data("c", None)
        assert len(app["status"]["inventory"]["entries"]) == 4
