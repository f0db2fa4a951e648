"""Putting single objects back the moment someone changes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.ssa.conftest import OWNER, Cluster

from sluice import aio, ssa
from sluice.ssa.holdoffs import HoldOffs
from sluice.testing import polling


@dataclass
class Heard:
    repaired: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    contested: list[str] = field(default_factory=list)
    allowed: bool = True


@asynccontextmanager
async def watched(cluster: Cluster) -> AsyncIterator[Heard]:
    heard = Heard()
    listener = ssa.Listener(
        allowed=lambda owner: heard.allowed and owner == OWNER,
        repaired=lambda owner, change: heard.repaired.append(str(change)),
        failed=lambda owner, identity: heard.failed.append(str(identity)),
        contested=lambda owner, identity, rival, delay: heard.contested.append(f"{identity} {rival}"),
    )
    watch = ssa.DriftWatch(cluster.manager, listener=listener)
    async with aio.TaskOwner() as tasks:
        tasks.spawn(watch.run(), name="drift watch")
        await asyncio.sleep(0)
        yield heard


async def data(cluster: Cluster, name: str = "a") -> object:
    return (await cluster.get("ConfigMap", name) or {}).get("data")


async def test_a_change_by_hand_is_put_back_within_half_a_second(cluster: Cluster) -> None:
    async with watched(cluster) as heard:
        await cluster.apply(cluster.config_map("a"))
        await cluster.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        started = time.monotonic()
        await polling.eventually(lambda: data(cluster), lambda found: found == {"k": "v"})
        assert time.monotonic() - started < 0.5
        await polling.eventually(lambda: _value(heard.repaired), bool)
        assert heard.repaired == [f"ConfigMap/{cluster.namespace}/a configured"]


async def test_a_deleted_object_is_created_again(cluster: Cluster) -> None:
    async with watched(cluster) as heard:
        await cluster.apply(cluster.config_map("a"))
        await cluster.delete("ConfigMap", "a")
        await polling.eventually(lambda: data(cluster), lambda found: found == {"k": "v"})
        await polling.eventually(lambda: _value(heard.repaired), bool)
        assert heard.repaired == [f"ConfigMap/{cluster.namespace}/a created"]


async def test_a_removed_owner_label_is_put_back(cluster: Cluster) -> None:
    async with watched(cluster) as heard:
        await cluster.apply(cluster.config_map("a"))
        await cluster.patch("ConfigMap", "a", {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": None}}})
        await polling.eventually(lambda: _value(heard.repaired), bool)
        found = await cluster.get("ConfigMap", "a")
        assert found is not None
        assert OWNER.owns(found)


async def test_our_own_writes_are_no_drift(cluster: Cluster) -> None:
    async with watched(cluster) as heard:
        for round_ in range(5):
            await cluster.apply(*(cluster.config_map(name, {"k": str(round_)}) for name in "abcd"))
        await cluster.apply(cluster.config_map("marker"))
        await cluster.patch("ConfigMap", "marker", {"data": {"k": "by hand"}})
        await polling.eventually(lambda: _value(heard.repaired), bool)
        assert heard.repaired == [f"ConfigMap/{cluster.namespace}/marker configured"]


async def test_pruned_released_and_suspended_objects_are_not_put_back(cluster: Cluster) -> None:
    async with watched(cluster) as heard:
        await cluster.apply(cluster.config_map("a"), cluster.config_map("b"))
        await cluster.manager.prune([ssa.Identity.of(cluster.config_map("a")).at("v1")], OWNER)
        heard.allowed = False
        await cluster.patch("ConfigMap", "b", {"data": {"k": "by hand"}})
        await asyncio.sleep(0.3)  # nothing is to happen: there is no event to wait for
        assert heard.repaired == []
        assert await data(cluster) is None
        assert await data(cluster, "b") == {"k": "by hand"}


async def test_a_fight_is_answered_ever_more_slowly_and_told_once(cluster: Cluster) -> None:
    async with watched(cluster) as heard:
        await cluster.apply(cluster.config_map("a"))
        for round_ in range(12):
            if heard.contested:
                break
            await cluster.patch("ConfigMap", "a", {"data": {"k": f"mine {round_}"}}, by="rival")
            await polling.eventually(
                lambda round_=round_: _value((len(heard.repaired), len(heard.contested))),  # type: ignore[misc]
                lambda seen, round_=round_: seen[0] > round_ or seen[1] > 0,  # type: ignore[misc]
            )
        assert heard.contested == [f"ConfigMap/{cluster.namespace}/a changed again and again by 'rival' (.data.k)"]
        assert await data(cluster) != {"k": "v"}


async def _value(value: Any) -> Any:
    return value


async def test_hold_offs_double_and_end_with_peace() -> None:
    clock = aio.VirtualClock()
    holdoffs = HoldOffs(clock)
    identity = ssa.Identity(group="", kind="ConfigMap", namespace="ns", name="a")
    delays = []
    for _ in range(9):
        delays.append(holdoffs.delay(identity))
        await clock.advance(delays[-1])
        holdoffs.repaired(identity)
    assert delays == [0, 0, 0, 0, 0, 2, 4, 8, 16]
    await clock.advance(32 + 121)
    assert holdoffs.delay(identity) == 0
