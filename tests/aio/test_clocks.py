import asyncio
from datetime import timedelta

import pytest

from sluice import aio


async def test_virtual_time_stands_still_until_it_is_advanced() -> None:
    clock = aio.VirtualClock()
    start = clock.now()
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.advance(9.9)
    assert not sleeper.done()
    await clock.advance(0.1)
    assert sleeper.done()
    assert clock.now() - start == timedelta(seconds=10)


async def test_sleepers_wake_in_the_order_of_their_moments_and_see_them() -> None:
    clock = aio.VirtualClock()
    seen: list[tuple[str, float]] = []

    async def sleep(name: str, seconds: float, again: float = 0) -> None:
        await clock.sleep(seconds)
        seen.append((name, clock.monotonic()))
        if again:
            await sleep(name, again)

    sleepers = [asyncio.create_task(sleep("a", 5)), asyncio.create_task(sleep("b", 2, again=1))]
    await clock.advance(100)
    assert seen == [("b", 2.0), ("b", 3.0), ("a", 5.0)]
    assert all(sleeper.done() for sleeper in sleepers)


async def test_a_cancelled_sleeper_is_not_woken() -> None:
    clock = aio.VirtualClock()
    sleeper = asyncio.create_task(clock.sleep(1))
    await clock.settle()
    sleeper.cancel()
    await clock.advance(2)
    assert sleeper.cancelled()
    assert clock.sleeping == 0


async def test_within_gives_the_result_that_comes_in_time() -> None:
    clock = aio.VirtualClock()

    async def answer() -> int:
        await clock.sleep(1)
        return 42

    call = asyncio.create_task(aio.within(clock, 2, answer()))
    await clock.advance(1)
    assert await call == 42


async def test_within_cancels_what_comes_too_late_and_says_so() -> None:
    clock = aio.VirtualClock()
    late = asyncio.ensure_future(clock.sleep(3))
    call = asyncio.create_task(aio.within(clock, 2, late))
    await clock.advance(2)
    with pytest.raises(TimeoutError, match="within 2s"):
        await call
    assert late.cancelled()


async def test_cancelling_within_cancels_what_it_waits_for() -> None:
    clock = aio.VirtualClock()
    inner = asyncio.ensure_future(clock.sleep(3))
    call = asyncio.create_task(aio.within(clock, 5, inner))
    await clock.settle()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert inner.cancelled()


async def test_the_system_clock_agrees_with_itself() -> None:
    clock = aio.SystemClock()
    before, moment = clock.monotonic(), clock.now()
    await clock.sleep(-1)
    assert clock.monotonic() >= before
    assert moment.utcoffset() == timedelta(0)
