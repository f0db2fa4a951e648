import asyncio
import time

from sluice import aio


async def test_a_blocked_loop_is_reported_and_an_idle_one_is_not() -> None:
    lags: list[float] = []
    async with aio.TaskOwner() as owner:
        owner.spawn(aio.watch_loop_lag(lags.append, limit=0.2), name="pulse")
        await asyncio.sleep(0.12)
        assert lags == []
        time.sleep(0.5)  # noqa: ASYNC251 - blocking the loop is what is tested
        await asyncio.sleep(0.12)
    assert len(lags) == 1
    assert 0.4 < lags[0] < 5
