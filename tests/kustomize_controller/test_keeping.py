"""What was applied stays as it was applied."""

from __future__ import annotations

from tests.kustomize_controller.conftest import Space, config_map


async def test_a_change_by_hand_is_put_back_at_once_and_told_without_a_pass(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        before = await space.see_ready()
        assert len(await space.events(2)) == 2
        space.seen.clear()
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand", "own": "field"}})
        await space.see_data("a", {"k": "v", "own": "field"})
        told = await space.events(3)
        assert told[2] == f"Normal Progressing ConfigMap/{space.namespace}/a configured"
        requests = {call: count for call, count in space.seen.items() if "events" not in call}
        assert requests == {"GET configmaps": 1, "PATCH configmaps": 2}
        after = await space.see(lambda obj: True)
        assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_a_deleted_object_is_created_again(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.delete("ConfigMap", "a")
        await space.see_data("a", {"k": "v"})


async def test_drift_from_while_the_controller_was_away_is_put_back_at_its_start(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
    await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
    async with space.controller():
        await space.see_data("a", {"k": "v"})
