"""When what is applied is listed, and when it is asked for object by object."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa
from sluice.testing import polling

MANY = 30

pytestmark = pytest.mark.usefixtures("alone")


async def forgotten(cluster: Cluster, count: int = MANY) -> list[dict[str, Any]]:
    """So many objects that were applied, seen by the watch, and are remembered by nobody."""
    objects = [cluster.config_map(f"o-{number:02}") for number in range(count)]
    await cluster.apply(*objects)
    for obj in objects:
        await cluster.see(obj)
    cluster.manager.release(OWNER)
    return objects


async def test_objects_that_nobody_remembers_are_listed_once_page_by_page(cluster: Cluster) -> None:
    objects = await forgotten(cluster)
    assert set(await cluster.apply(*objects)) == {f"{obj['metadata']['name']} unchanged" for obj in objects}
    assert cluster.seen == {"GET": 2}
    await cluster.apply(*objects)
    assert cluster.seen == {}


async def test_who_needs_them_at_the_same_time_shares_the_list(cluster: Cluster) -> None:
    first, *others = await forgotten(cluster, 10)
    halves = [others[:4], others[4:]]
    cluster.seen.clear()
    cancelled = asyncio.create_task(cluster.manager.apply([first], OWNER))
    applying = asyncio.gather(*(cluster.manager.apply(half, OWNER) for half in halves))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert [len(done.changed) for done in await applying] == [0, 0]
    assert cluster.seen == {"GET": 1}


async def test_what_was_listed_is_known_however_late_it_is_asked_for(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice.ssa.surveying._AGAIN_SECONDS", 0.0)
    objects = await forgotten(cluster, 10)
    for obj in objects:
        await cluster.apply(obj)
        assert cluster.seen == ({"GET": 1} if obj is objects[0] else {})


async def test_one_among_many_is_asked_for_by_itself(cluster: Cluster) -> None:
    objects = await forgotten(cluster)
    await cluster.apply(*objects)
    cluster.manager.let_go([kube.ObjectRef.of(objects[3])], OWNER)
    assert await cluster.apply(objects[3]) == ["o-03 unchanged"]
    assert cluster.seen == {"PATCH": 1, "GET": 1}


async def test_what_is_wanted_otherwise_is_applied(cluster: Cluster) -> None:
    objects = await forgotten(cluster, 4)
    objects[2]["data"] = {"k": "new"}
    done = await cluster.apply(*objects)
    assert done == ["o-00 unchanged", "o-01 unchanged", "o-02 configured", "o-03 unchanged"]
    found = await cluster.get("ConfigMap", "o-02")
    assert found is not None
    assert found["data"] == {"k": "new"}


async def test_what_changes_right_after_it_was_listed_is_put_back(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = await forgotten(cluster, 4)
    page = cluster.own.page

    async def raced(*arguments: Any, **options: Any) -> kube.ObjectPage:
        listed = await page(*arguments, **options)
        before = cluster.manager.view.get(ssa.Identity.of(objects[1]))
        await cluster.patch("ConfigMap", "o-01", {"data": {"k": "by hand"}})

        async def look() -> object:
            return cluster.manager.view.get(ssa.Identity.of(objects[1]))

        await polling.eventually(look, lambda found: found != before, what="the change in the watch")
        return listed

    monkeypatch.setattr(cluster.own, "page", raced)
    done = await cluster.apply(*objects)
    assert done == ["o-00 unchanged", "o-01 configured", "o-02 unchanged", "o-03 unchanged"]


async def test_a_list_that_fails_is_no_failure(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = await forgotten(cluster, 4)
    tries = []

    async def refused(*arguments: Any, **options: Any) -> kube.ObjectPage:
        tries.append(arguments)
        raise kube.Gone(410, "Expired", "the token is too old")

    monkeypatch.setattr(cluster.own, "page", refused)
    assert len(await cluster.apply(*objects)) == 4
    assert cluster.seen == {"PATCH": 4, "GET": 4}
    assert len(tries) == 1


async def test_a_user_is_told_nothing_that_the_user_may_not_list(cluster: Cluster) -> None:
    objects = await forgotten(cluster, 4)
    with pytest.raises(ssa.ApplyFailed, match=r"dry-run failed \(Forbidden\)"):
        await cluster.apply(*objects, actor=f"system:serviceaccount:{cluster.namespace}:nobody")


async def test_large_objects_are_listed_a_few_at_a_time(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [cluster.config_map(f"o-{number:02}", {"k": "x" * 200_000}) for number in range(MANY)]
    await cluster.apply(*objects)
    for obj in objects:
        await cluster.see(obj)
    cluster.manager.release(OWNER)
    asked = []
    page = cluster.own.page

    async def noted(*arguments: Any, **options: Any) -> kube.ObjectPage:
        asked.append(options["limit"])
        return await page(*arguments, **options)

    monkeypatch.setattr(cluster.own, "page", noted)
    await cluster.apply(*objects)
    assert asked[1] == 10
