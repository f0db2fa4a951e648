"""What was applied stays as it was applied."""

from __future__ import annotations

import contextlib

from tests.kustomize_controller.conftest import Space, config_map

from sluice import kube
from sluice.testing import polling


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


async def test_a_target_port_that_git_leaves_to_the_server_is_put_back_too(space: Space) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}

    async def target() -> object:
        found = await space.get("Service", "s")
        return found and found["spec"]["ports"][0]["targetPort"]

    async with space.controller():
        await space.kustomization()
        await space.commit({"s.yaml": service})
        await space.see_ready()
        await space.patch("Service", "s", {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}})
        await polling.eventually(target, lambda port: port == 80, what="the target port")


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


async def test_who_fights_over_an_object_is_named_with_the_fields_and_answered_ever_more_slowly(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a", k="v", other="v")})
        await space.see_ready()

        async def fight() -> list[str]:
            await space.patch("ConfigMap", "a", {"data": {"k": "theirs"}})
            return [event for event in await space.events() if "DriftContested" in event]

        told = await polling.eventually(fight, bool, what="word of the fight")
        begin = (
            f"Warning DriftContested ConfigMap/{space.namespace}/a is changed again and again by 'by-hand' (.data.k); "
        )
        assert told[0].startswith(f"{begin}corrections slow down, the next one comes in ")
        # They have their way for a while, and lose in the end.
        await space.see_data("a", {"k": "theirs", "other": "v"})
        await space.see_data("a", {"k": "v", "other": "v"})
        assert len([event for event in await space.events() if "DriftContested" in event]) == 1


async def test_what_is_deleted_again_and_again_is_told_as_that(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()

        async def fight() -> list[str]:
            with contextlib.suppress(kube.NotFound):
                await space.delete("ConfigMap", "a")
            return [event for event in await space.events() if "DriftContested" in event]

        told = await polling.eventually(fight, bool, what="word of the fight")
        assert f"ConfigMap/{space.namespace}/a is deleted again and again by someone; " in told[0]
        await space.see_data("a", {"k": "v"})
