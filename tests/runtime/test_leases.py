"""Leader election over a real API, on virtual time that stands still while a candidate talks to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sluice import aio, kube
from sluice.runtime import LeaderElection, LeadershipLost, LeaseTimes
from sluice.runtime.leases import LEASES
from sluice.testing import scripted

STEP = 0.5


class Talking:
    """A client that knows how many of its calls are under way."""

    def __init__(self, client: kube.Client) -> None:
        self._client = client
        self.calls = 0

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[kube.Object]]:
        async def call(*arguments: Any, **options: Any) -> kube.Object:
            self.calls += 1
            try:
                found: kube.Object = await getattr(self._client, verb)(*arguments, **options)
            finally:
                self.calls -= 1
            return found

        return call


class Candidates:
    """Candidates for one Lease on one virtual clock, each leading for as long as it can."""

    def __init__(self, client: kube.Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self.clock = aio.VirtualClock()
        self.leaders: set[str] = set()
        self.history: list[str] = []
        self.lost: dict[str, LeadershipLost] = {}
        self._talking = Talking(client)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def add(self, name: str, clock: aio.Clock | None = None) -> LeaderElection:
        election = LeaderElection(
            cast(kube.Client, self._talking),
            namespace=self.namespace,
            name="lease",
            identity=name,
            clock=clock or self.clock,
        )
        self._tasks[name] = asyncio.create_task(self._run(name, election), name=name)
        return election

    async def _run(self, name: str, election: LeaderElection) -> None:
        await election.acquire()
        assert not self.leaders, f"{name} leads beside {self.leaders}"
        self.leaders.add(name)
        self.history.append(name)
        try:
            await election.hold()
        except LeadershipLost as error:
            self.lost[name] = error
        finally:
            self.leaders.discard(name)

    async def kill(self, name: str) -> None:
        """End a candidate without a word, as a crash does."""
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition: Callable[[], object]) -> float:
        """Let virtual time pass until the condition holds; the seconds it took."""
        begun = self.clock.monotonic()
        async with asyncio.timeout(20):
            while not condition():
                await self.clock.settle()
                if self._talking.calls:
                    await asyncio.sleep(0.001)
                else:
                    await self.clock.advance(STEP)
        return self.clock.monotonic() - begun

    async def passing(self, seconds: float) -> None:
        """Let that much virtual time pass, slowly enough for the server to answer."""
        end = self.clock.monotonic() + seconds
        await self.until(lambda: self.clock.monotonic() >= end)

    async def close(self) -> None:
        for name in list(self._tasks):
            await self.kill(name)


@pytest.fixture
async def candidates(client: kube.Client, namespace: str) -> object:
    async with AsyncExitStack() as stack:
        made = Candidates(client, namespace)
        stack.push_async_callback(made.close)
        yield made


async def test_the_first_candidate_leads_and_the_lease_reads_as_others_expect(candidates: Candidates) -> None:
    candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    await candidates.passing(12)
    lease = await candidates.client.get(LEASES, "lease", candidates.namespace)
    spec = lease["spec"]
    assert spec["holderIdentity"] == "one"
    assert spec["leaseDurationSeconds"] == 35
    assert spec["leaseTransitions"] == 0
    assert spec["acquireTime"] < spec["renewTime"]


async def test_a_second_candidate_waits_for_as_long_as_the_first_renews(candidates: Candidates) -> None:
    candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    candidates.add("two")
    await candidates.passing(120)
    assert candidates.history == ["one"]


async def test_a_dead_leader_is_followed_after_its_lease_has_run_out_and_not_before(candidates: Candidates) -> None:
    candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    candidates.add("two")
    await candidates.passing(7)
    await candidates.kill("one")
    waited = await candidates.until(lambda: candidates.history == ["one", "two"])
    assert 29 <= waited <= 46
    lease = await candidates.client.get(LEASES, "lease", candidates.namespace)
    assert lease["spec"]["leaseTransitions"] == 1


async def test_a_leader_that_lets_go_is_followed_at_once(candidates: Candidates) -> None:
    first = candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    candidates.add("two")
    await candidates.passing(3)
    await candidates.kill("one")
    await first.release()
    assert await candidates.until(lambda: candidates.history == ["one", "two"]) <= 7


async def test_a_candidate_whose_wall_clock_is_far_ahead_takes_nothing_over(candidates: Candidates) -> None:
    class Ahead(aio.VirtualClock):
        def __init__(self, clock: aio.VirtualClock) -> None:
            super().__init__(datetime(2036, 1, 1, tzinfo=UTC))
            self.monotonic = clock.monotonic  # type: ignore[method-assign]
            self.sleep = clock.sleep  # type: ignore[method-assign]

    candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    candidates.add("ahead", Ahead(candidates.clock))
    await candidates.passing(60)
    assert candidates.history == ["one"]


@pytest.mark.parametrize("days", [400, -400])
async def test_a_leader_whose_wall_clock_jumps_leads_on_and_is_followed_in_time_when_it_dies(
    candidates: Candidates, days: int
) -> None:
    class Jumping(aio.VirtualClock):
        def __init__(self, clock: aio.VirtualClock) -> None:
            super().__init__()
            self.monotonic = clock.monotonic  # type: ignore[method-assign]
            self.sleep = clock.sleep  # type: ignore[method-assign]

        def now(self) -> datetime:
            jump = timedelta(days=days if self.monotonic() > 20 else 0)
            return super().now() + timedelta(seconds=self.monotonic()) + jump

    candidates.add("one", Jumping(candidates.clock))
    await candidates.until(lambda: candidates.leaders)
    candidates.add("two")
    await candidates.passing(100)
    assert candidates.history == ["one"]
    await candidates.kill("one")
    waited = await candidates.until(lambda: candidates.history == ["one", "two"])
    assert 29 <= waited <= 46


async def test_a_leader_that_sees_another_holder_stops_at_once(candidates: Candidates) -> None:
    candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    await candidates.client.patch(
        LEASES,
        "lease",
        candidates.namespace,
        {"spec": {"holderIdentity": "usurper"}},
        kind=kube.PatchType.MERGE,
        manager="t",
    )
    assert await candidates.until(lambda: "one" in candidates.lost) <= 7


async def test_a_lease_deleted_under_the_leader_is_taken_again(candidates: Candidates) -> None:
    candidates.add("one")
    await candidates.until(lambda: candidates.leaders)
    await candidates.client.delete(LEASES, "lease", candidates.namespace)
    await candidates.passing(20)
    assert candidates.leaders == {"one"}
    assert (await candidates.client.get(LEASES, "lease", candidates.namespace))["spec"]["holderIdentity"] == "one"


async def test_leaders_that_die_in_turn_never_lead_side_by_side(candidates: Candidates) -> None:
    for name in ("a", "b", "c", "d"):
        candidates.add(name)
    for count in range(1, 4):
        await candidates.until(lambda count=count: len(candidates.history) == count)  # type: ignore[misc]
        await candidates.passing(3)
        await candidates.kill(candidates.history[-1])
    await candidates.until(lambda: len(candidates.history) == 4)
    assert len(set(candidates.history)) == 4


async def test_a_leader_that_cannot_reach_the_server_stops_before_another_may_follow() -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/ns/leases"
    async with scripted.serve() as server, await server.connect() as client:
        server.on(
            "GET", f"{path}/lease", scripted.failure(404, "NotFound"), scripted.failure(503, "ServiceUnavailable")
        )
        server.on("POST", path, scripted.json({"metadata": {"name": "lease", "namespace": "ns"}, "spec": {}}))
        candidates = Candidates(client, "ns")
        candidates.add("one")
        await candidates.until(lambda: candidates.leaders)
        took = await candidates.until(lambda: "one" in candidates.lost)
        assert LeaseTimes().renew - 1 <= took <= LeaseTimes().renew + STEP
        assert "could not be renewed in time" in str(candidates.lost["one"])
        await candidates.close()
