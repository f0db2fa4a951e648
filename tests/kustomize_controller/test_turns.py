"""One process judges the expressions of all tenants: who needs it little does not wait for who needs it much."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Coroutine

import pytest

from sluice import aio, runtime
from sluice.appliers.expressions import Expressions
from sluice.appliers.turns import Busy, Turns

NUMBERS = itertools.count()


class Line:
    """Callers that take a given time each, and the order in which they were let in."""

    def __init__(self) -> None:
        self.clock = aio.VirtualClock()
        self.turns = Turns(self.clock)
        self.served: list[str] = []

    async def call(self, tenant: str, seconds: float) -> None:
        async with self.turns.turn(tenant):
            self.served.append(tenant)
            await self.clock.sleep(seconds)


async def test_the_tenant_that_has_used_least_comes_first_whoever_came_first() -> None:
    line = Line()
    async with aio.TaskOwner() as tasks:
        for tenant, seconds in (("slow", 1.0), ("slow", 1.0), ("slow", 1.0), ("b", 0.01), ("c", 0.01), ("b", 0.01)):
            tasks.spawn(line.call(tenant, seconds), name=tenant)
        await line.clock.advance(5)
    assert line.served == ["slow", "b", "c", "b", "slow", "slow"]


async def test_of_those_who_use_much_one_at_most_is_in_line_and_in_time_they_are_as_others() -> None:
    line = Line()
    async with aio.TaskOwner() as tasks:
        for tenant in ("a", "b"):
            tasks.spawn(line.call(tenant, 3.0), name=tenant)
        await line.clock.advance(6)
        tasks.spawn(line.call("a", 1.0), name="a")
        await line.clock.settle()
        for tenant in ("a", "b"):
            with pytest.raises(Busy):
                await line.call(tenant, 1.0)
        # A light one waits for the one before it, and that is all.
        light = tasks.spawn(line.call("light", 0.01), name="light")
        await line.clock.advance(2)
        assert light.done()
        await line.clock.advance(60)
        tasks.spawn(line.call("a", 1.0), name="a")
        tasks.spawn(line.call("b", 1.0), name="b")
        await line.clock.advance(2)
    assert line.served == ["a", "b", "a", "light", "a", "b"]


async def test_who_turns_out_to_use_much_is_sent_away_but_for_one() -> None:
    line = Line()
    async with aio.TaskOwner() as tasks:
        calls = [tasks.spawn(_outcome(line.call(tenant, 3.0)), name=tenant) for tenant in "aaabb"]
        await line.clock.advance(4)
        light = tasks.spawn(line.call("light", 0.01), name="light")
        await line.clock.advance(8)
        assert light.done()
        assert [await call for call in calls] == ["done", "done", "sent away", "done", "sent away"]
    assert line.served == ["a", "b", "light", "a"]


async def test_who_is_cancelled_in_line_or_at_work_keeps_nobody_waiting() -> None:
    line = Line()
    async with aio.TaskOwner() as tasks:
        first, second = (tasks.spawn(line.call(name, 100.0), name=name) for name in ("first", "second"))
        third = tasks.spawn(line.call("third", 0.0), name="third")
        await line.clock.settle()
        second.cancel()
        await line.clock.settle()
        first.cancel()
        await line.clock.settle()
        await line.clock.advance(1)
        assert third.done()
    assert line.served == ["first", "third"]


async def test_quick_expressions_of_one_namespace_do_not_wait_for_the_slow_ones_of_another() -> None:
    async with aio.TaskOwner() as tasks:
        expressions = Expressions(tasks, aio.SystemClock())
        values, seconds = await _text(expressions)

        async def slow() -> None:
            while True:
                try:
                    await expressions.first_true([_long()], values, None, tenant="slow")
                except runtime.Postponed:
                    await asyncio.sleep(0.75)  # as the work queue's backoff

        for number in range(20):
            tasks.spawn(slow(), name=f"slow {number}")
        await asyncio.sleep(0)
        took = sorted([await _quick(expressions) for _ in range(9)])
    # Behind all twenty, each would have to wait twenty times as long as one takes.
    assert took[4] < 5 * seconds


async def test_what_was_judged_is_not_judged_again_until_an_object_changes() -> None:
    async with aio.TaskOwner() as tasks:
        expressions = Expressions(tasks, aio.SystemClock())

        def dep(version: str, ready: bool) -> dict[str, object]:
            return {"dep": {"metadata": {"uid": "u", "resourceVersion": version}, "ready": ready}}

        async def judged(version: str, ready: bool) -> int:
            return await expressions.first_true(["dep.ready == true"], dep(version, ready), ("dep",), tenant="apps")

        assert await judged("1", True) == 0
        # The version says that it is the same.
        assert await judged("1", False) == 0
        assert await judged("2", False) == -1


async def _outcome(call: Coroutine[None, None, None]) -> str:
    try:
        await call
    except Busy:
        return "sent away"
    return "done"


def _long() -> str:
    """Another expression each time, so that none is barred; it takes as long as the text is long."""
    return f"items.all(x, x != -{next(NUMBERS) + 1} && !text.matches('(a|aa)*b'))"


async def _text(expressions: Expressions) -> tuple[dict[str, object], float]:
    """What takes some tenths of a second on this machine, and how many."""
    length = 100
    await _quick(expressions)
    while True:
        values: dict[str, object] = {"items": list(range(300)), "text": "a" * length}
        began = time.monotonic()
        await expressions.first_true([_long()], values, None, tenant="measuring")
        took = time.monotonic() - began
        if took > 0.3:
            return values, took
        length = int(length * 1.5)


async def _quick(expressions: Expressions) -> float:
    began = time.monotonic()
    assert await expressions.first_true([f"a == {next(NUMBERS)}"], {"a": -1}, None, tenant="quick") == -1
    return time.monotonic() - began
