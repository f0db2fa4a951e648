import asyncio

from sluice import aio
from sluice.kube import limits


async def test_a_burst_goes_through_and_the_rest_is_spread_out() -> None:
    clock = aio.VirtualClock()
    limit = limits.RateLimit(10, 3, clock)
    at: list[float] = []

    async def one() -> None:
        await limit.wait()
        at.append(round(clock.monotonic(), 3))

    async with aio.TaskOwner() as owner:
        for index in range(6):
            owner.spawn(one(), name=f"request {index}")
        await clock.advance(1)
    assert at == [0, 0, 0, 0.1, 0.2, 0.3]


async def test_a_rested_bucket_is_full_again_but_not_fuller() -> None:
    clock = aio.VirtualClock()
    limit = limits.RateLimit(10, 2, clock)
    await limit.wait()
    await clock.advance(100)
    before = clock.monotonic()
    await limit.wait()
    await limit.wait()
    assert clock.monotonic() == before
    third = asyncio.ensure_future(limit.wait())
    await clock.settle()
    assert not third.done()
    await clock.advance(0.1)
    await third


async def test_no_limit_never_waits() -> None:
    clock = aio.VirtualClock()
    off = limits.RateLimit(0, 0, clock)
    for _ in range(1000):
        await off.wait()
    assert clock.monotonic() == 0
    assert not off.on
