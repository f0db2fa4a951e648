"""What is lent is kept for those whose it is, and for as long as it is good."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from sluice import aio, auth
from sluice.runtime.metrics import Metrics


class Maker:
    """Makes credentials and counts them."""

    def __init__(self, clock: aio.Clock, seconds: float = 3600.0) -> None:
        self.clock = clock
        self.seconds = seconds
        self.made = 0
        self.fails = False
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self) -> auth.Credential:
        self.made += 1
        made = self.made
        await self.may.wait()
        if self.fails:
            raise auth.AuthError("refused")
        return auth.Credential(values={"token": str(made)}, expires=self.clock.now() + timedelta(seconds=self.seconds))


@pytest.fixture
def clock() -> aio.VirtualClock:
    return aio.VirtualClock()


async def test_a_credential_is_replaced_after_four_fifths_of_its_life(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=9, longest=1e9), Maker(clock, 1000)
    assert (await cache.get("a", make)).token == "1"
    await clock.advance(799)
    assert (await cache.get("a", make)).token == "1"
    await clock.advance(2)
    assert (await cache.get("a", make)).token == "2"


async def test_none_is_kept_for_longer_than_the_flag_says(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=9, longest=60), Maker(clock)
    await cache.get("a", make)
    await clock.advance(61)
    assert (await cache.get("a", make)).token == "2"


class Jumping(aio.VirtualClock):
    """A clock whose wall time may be set."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


async def test_a_credential_that_ended_while_the_machine_slept_is_not_used() -> None:
    clock = Jumping()
    cache, make = auth.Cache(clock, size=9, longest=1e9), Maker(clock)
    await cache.get("a", make)
    clock.ahead = timedelta(hours=2)
    assert (await cache.get("a", make)).token == "2"


async def test_many_who_want_the_same_ask_once(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=9, longest=1e9), Maker(clock)
    make.may.clear()
    waiting = [asyncio.create_task(cache.get("a", make)) for _ in range(20)]
    await clock.settle()
    make.may.set()
    assert {one.token for one in await asyncio.gather(*waiting)} == {"1"}
    assert make.made == 1


async def test_a_failure_is_told_to_all_who_wait_and_kept_for_nobody(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=9, longest=1e9), Maker(clock)
    make.fails = True
    make.may.clear()
    waiting = [asyncio.create_task(cache.get("a", make)) for _ in range(3)]
    await clock.settle()
    make.may.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(one) for one in found] == ["refused"] * 3
    assert make.made == 1
    make.fails = False
    assert (await cache.get("a", make)).token == "2"


async def test_who_gives_up_does_not_keep_others_from_it(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=9, longest=1e9), Maker(clock)
    make.may.clear()
    first, second = (asyncio.create_task(cache.get("a", make)) for _ in range(2))
    await clock.settle()
    first.cancel()
    await clock.settle()
    make.may.set()
    assert (await second).token == "2"
    assert first.cancelled()


async def test_what_was_not_used_for_longest_makes_room(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=2, longest=1e9), Maker(clock)
    for key in ("a", "b", "a", "c"):
        await cache.get(key, make)
    assert make.made == 3
    await cache.get("a", make)
    assert make.made == 3
    await cache.get("b", make)
    assert make.made == 4


async def test_what_is_asked_and_kept_is_counted(clock: aio.VirtualClock) -> None:
    counted = Metrics()
    cache, make = auth.Cache(clock, size=2, longest=1e9, observer=counted.tokens), Maker(clock)
    for key in ("a", "a", "b", "c"):
        await cache.get(key, make)
    make.fails = True
    with pytest.raises(auth.AuthError):
        await cache.get("d", make)
    shown = counted.render().decode()
    for line in (
        'gotk_token_cache_requests_total{status="success"} 4.0',
        'gotk_token_cache_requests_total{status="failure"} 1.0',
        "gotk_token_cache_evictions_total 1.0",
        "gotk_token_cached_items 2.0",
    ):
        assert line in shown.splitlines()


async def test_nothing_is_kept_where_the_flag_says_so(clock: aio.VirtualClock) -> None:
    cache, make = auth.Cache(clock, size=0, longest=1e9), Maker(clock)
    assert [(await cache.get("a", make)).token for _ in range(2)] == ["1", "2"]


def test_a_credential_does_not_show_what_it_is() -> None:
    made = auth.Credential.bearer("hunter2", datetime(2026, 1, 1))
    assert "hunter2" not in repr(made)
    assert "hunter2" not in str(made)
