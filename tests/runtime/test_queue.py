import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice import aio
from sluice.runtime.backoff import Backoff, jitter
from sluice.runtime.queue import QueueClosed, Work, WorkQueue
from sluice.runtime.requests import Cause, Priority, Request

A, B, C = (Request("ns", name) for name in "abc")


def made(clock: aio.Clock, *, spread: float = 0.5) -> WorkQueue:
    return WorkQueue(clock=clock, backoff=Backoff(random=lambda: spread))


async def taken(queue: WorkQueue) -> Work | None:
    """What a free worker gets now; None when it would have to wait."""
    getting = asyncio.create_task(queue.get())
    for _ in range(5):
        await asyncio.sleep(0)
    if getting.done():
        return getting.result()
    getting.cancel()
    await asyncio.gather(getting, return_exceptions=True)
    return None


async def test_a_request_added_twice_is_worked_on_once_for_both_causes() -> None:
    queue = made(aio.VirtualClock())
    queue.add(A, cause=Cause.INTERVAL)
    queue.add(A, cause=Cause.DEPENDENCY, priority=Priority.EVENT)
    assert len(queue) == 1
    assert await queue.get() == Work(A, Priority.EVENT, frozenset({Cause.INTERVAL, Cause.DEPENDENCY}))
    queue.done(A)
    assert await taken(queue) is None


async def test_never_two_workers_have_one_request() -> None:
    queue = made(aio.VirtualClock())
    queue.add(A, cause=Cause.SPEC)
    await queue.get()
    queue.add(A, cause=Cause.SPEC)
    queue.add(A, cause=Cause.REQUESTED, priority=Priority.INTERACTIVE)
    assert await taken(queue) is None
    queue.done(A)
    again = await taken(queue)
    assert again is not None
    assert again.causes == {Cause.SPEC, Cause.REQUESTED}
    assert again.priority is Priority.INTERACTIVE


async def test_the_urgent_go_first_and_within_a_priority_the_oldest() -> None:
    queue = made(aio.VirtualClock())
    queue.add(A, cause=Cause.STARTUP)
    queue.add(B, cause=Cause.STARTUP)
    queue.add(C, cause=Cause.SPEC, priority=Priority.INTERACTIVE)
    queue.add(B, cause=Cause.SPEC, priority=Priority.INTERACTIVE)
    assert [(await queue.get()).request for _ in range(3)] == [C, B, A]


async def test_raising_a_priority_leaves_nothing_behind() -> None:
    queue = made(aio.VirtualClock())
    queue.add(A, cause=Cause.STARTUP)
    queue.add(A, cause=Cause.SPEC, priority=Priority.INTERACTIVE)
    await queue.get()
    queue.add(A, cause=Cause.INTERVAL)
    assert await taken(queue) is None
    queue.done(A)
    await queue.get()
    queue.done(A)
    assert await taken(queue) is None


async def test_a_delayed_add_comes_when_it_is_due_and_the_earliest_wins() -> None:
    clock = aio.VirtualClock()
    queue = made(clock)
    async with aio.TaskOwner() as owner:
        owner.spawn(queue.run(), name="timers")
        queue.add_after(A, 60, cause=Cause.INTERVAL)
        await clock.advance(1)
        queue.add_after(A, 10, cause=Cause.DEADLINE)
        queue.add_after(A, 30, cause=Cause.RETRY)
        await clock.advance(9.9)
        assert len(queue) == 0
        await clock.advance(0.1)
        assert (await queue.get()).causes == {Cause.DEADLINE}
        queue.done(A)
        await clock.advance(100)
        assert len(queue) == 0


async def test_taking_a_request_drops_its_delay() -> None:
    clock = aio.VirtualClock()
    queue = made(clock)
    async with aio.TaskOwner() as owner:
        owner.spawn(queue.run(), name="timers")
        queue.add_after(A, 60, cause=Cause.INTERVAL)
        queue.add(A, cause=Cause.SPEC)
        await queue.get()
        queue.add_after(A, 90, cause=Cause.INTERVAL)
        queue.done(A)
        await clock.advance(89)
        assert len(queue) == 0
        await clock.advance(1)
        assert len(queue) == 1


async def test_many_delays_come_due_in_order() -> None:
    clock = aio.VirtualClock()
    queue = made(clock)
    async with aio.TaskOwner() as owner:
        owner.spawn(queue.run(), name="timers")
        for request, seconds in ((C, 3), (A, 1), (B, 2)):
            queue.add_after(request, seconds, cause=Cause.INTERVAL)
        order = []
        for _ in range(3):
            await clock.advance(1)
            order.append((await queue.get()).request)
        assert order == [A, B, C]


async def test_failures_are_delayed_ever_longer_up_to_the_limit() -> None:
    queue = made(aio.VirtualClock())
    assert [queue.add_failed(A) for _ in range(4)] == [0.75, 1.5, 3.0, 6.0]
    assert queue.add_failed(B) == 0.75
    for _ in range(2000):
        longest = queue.add_failed(A)
    assert longest == 900
    queue.forget(A)
    assert queue.add_failed(A) == 0.75


@pytest.mark.parametrize(("drawn", "delay"), [(0.0, 0.675), (0.5, 0.75), (1.0, 0.825)])
def test_the_backoff_is_spread_by_a_tenth(drawn: float, delay: float) -> None:
    assert Backoff(random=lambda: drawn).next(A) == pytest.approx(delay)


@given(st.floats(0, 1))
def test_jitter_stays_within_its_share(drawn: float) -> None:
    assert 0.95 <= jitter(lambda: drawn, 0.05) <= 1.05
    assert jitter(lambda: drawn, 0) == 1


async def test_shutting_down_lets_every_worker_go_and_takes_nothing_more() -> None:
    queue = made(aio.VirtualClock())
    workers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    queue.shut_down()
    queue.add(A, cause=Cause.SPEC)
    ends = await asyncio.gather(*workers, queue.get(), return_exceptions=True)
    assert [type(end) for end in ends] == [QueueClosed] * 4
    assert len(queue) == 0


async def test_a_worker_that_is_cancelled_while_waiting_loses_nothing() -> None:
    queue = made(aio.VirtualClock())
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add(A, cause=Cause.SPEC)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    if waiting.cancelled():
        got = await taken(queue)
        assert got is not None
        assert got.request == A


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
async def test_whatever_happens_each_add_is_followed_by_a_pass_and_no_two_overlap(seed: int, workers: int) -> None:
    """Random adds, delays, failures and work: after each add a pass begins; no request is worked on twice at a time."""
    rng = random.Random(seed)
    clock = aio.VirtualClock()
    queue = made(clock)
    requests = [Request("ns", str(number)) for number in range(4)]
    busy: set[Request] = set()
    stale: set[Request] = set()

    async def work() -> None:
        while True:
            request = (await queue.get()).request
            assert request not in busy
            busy.add(request)
            stale.discard(request)
            await clock.sleep(rng.choice((0, 0.1, 2)))
            busy.discard(request)
            if rng.random() < 0.2:
                queue.add_failed(request)
            queue.done(request)

    async with aio.TaskOwner() as owner:
        owner.spawn(queue.run(), name="timers")
        for number in range(workers):
            owner.spawn(work(), name=f"worker {number}")
        for _ in range(40):
            request = rng.choice(requests)
            if rng.random() < 0.7:
                stale.add(request)
                queue.add(request, cause=Cause.SPEC, priority=rng.choice(list(Priority)))
            else:
                queue.add_after(request, rng.random() * 5, cause=Cause.INTERVAL)
            await clock.advance(rng.choice((0, 0.05, 1)))
        await clock.advance(200)
        assert not stale
        assert not busy
        assert len(queue) == 0
