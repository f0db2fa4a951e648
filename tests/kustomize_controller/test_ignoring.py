"""`spec.ignore`: fields that are left alone once an object is there."""

from __future__ import annotations

from typing import Any

from tests.kustomize_controller.conftest import Space, condition, config_map

from sluice.testing import polling

RULE: dict[str, Any] = {"paths": ["/data/k"], "target": {"kind": "ConfigMap", "name": "c.*"}}


async def writes(space: Space) -> int:
    return space.seen["PATCH configmaps"] + space.seen["POST configmaps"]


async def test_a_hand_edit_of_an_ignored_field_is_looked_at_once_and_stays(space: Space) -> None:
    async with space.controller():
        await space.kustomization(ignore=[RULE])
        await space.commit({"cm.yaml": config_map("cm", k="git", other="1")})
        await space.see_ready()
        space.seen.clear()
        await space.patch("ConfigMap", "cm", {"data": {"k": "hand"}})
        await polling.eventually(lambda: writes(space), lambda count: count > 0, what="a look at it")
        # Another field is put back, which shows that the edit before it has been dealt with.
        await space.patch("ConfigMap", "cm", {"data": {"other": "hand"}})
        await space.see_data("cm", {"k": "hand", "other": "1"})
        await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == "ask-1")
        await space.see_data("cm", {"k": "hand", "other": "1"})
        # For the first edit a dry run, for the second a dry run and a write; the pass found all settled.
        assert space.seen["PATCH configmaps"] <= 3


async def test_a_new_commit_leaves_the_field_alone_and_other_objects_are_held(space: Space) -> None:
    async with space.controller():
        await space.kustomization(ignore=[RULE])
        await space.commit({"cm.yaml": config_map("cm", k="1"), "other.yaml": config_map("other", k="1")})
        await space.see_ready()
        await space.patch("ConfigMap", "cm", {"data": {"k": "hand"}})
        files = {"cm.yaml": config_map("cm", k="2", more="2"), "other.yaml": config_map("other", k="2")}
        await space.see_applied(await space.commit(files))
        await space.see_data("cm", {"k": "hand", "more": "2"})
        await space.see_data("other", {"k": "2"})


async def test_after_a_restart_the_field_is_still_left_alone(space: Space) -> None:
    async with space.controller():
        await space.kustomization(ignore=[RULE])
        await space.commit({"cm.yaml": config_map("cm", k="git")})
        await space.see_ready()
    await space.patch("ConfigMap", "cm", {"data": {"k": "hand"}})
    async with space.controller():
        await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == "ask-1")
        await space.see_data("cm", {"k": "hand"})


async def test_when_the_rule_is_taken_away_git_counts_again(space: Space) -> None:
    async with space.controller():
        await space.kustomization(ignore=[RULE])
        await space.commit({"cm.yaml": config_map("cm", k="git")})
        await space.see_ready()
        await space.patch("ConfigMap", "cm", {"data": {"k": "hand"}})
        await space.kustomization()
        await space.see_data("cm", {"k": "git"})


async def test_a_rule_that_cannot_be_read_fails_and_says_so(space: Space) -> None:
    async with space.controller():
        await space.kustomization(ignore=[{"paths": ["/data"], "target": {"name": "("}}])
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "ReconciliationFailed")
        said = "failed to create ignore rule selector: invalid name regex: error parsing regexp: missing closing )"
        assert condition(app)["message"].startswith(said)
        assert await space.get("ConfigMap", "cm") is None
