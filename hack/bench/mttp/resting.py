"""With N in place and nothing to do: passes at the interval, and a restart of the controller."""

import asyncio
import time

from common import watching
from common.figures import Figures, begin, end, seconds, settle
from mttp import apps
from mttp.bench import Bench
from mttp.fleets import Fleet, Versions
from sluice.testing import polling

_LEAST_INTERVAL = 10
_PER_SECOND = 25
"""Passes that an interval leaves room for: what is measured is their cost, not how many go at once."""


async def idle(bench: Bench, fleet: Fleet) -> Figures:
    """Passes at the interval for the time of two intervals, when everybody has had one already."""
    interval = max(_LEAST_INTERVAL, len(fleet.names) // _PER_SECOND)
    begin(f"passes every {interval} s")
    await _set_interval(fleet, f"{interval}s")
    await bench.meter.begin()
    await _passes(bench, len(fleet.names))
    before = await fleet.versions()
    await bench.meter.begin()
    await asyncio.sleep(2.0 * interval)
    used = await bench.meter.used()
    changed = _changed(before, await fleet.versions())
    await _set_interval(fleet, "1h")
    return end(
        {
            "interval pass, passes": f"{used.passes:.0f}",
            "interval pass, requests": f"{used.requests:.0f}",
            "interval pass, writes": f"{used.writes:.0f}",
            "interval pass, objects changed": f"{changed}",
            "interval pass, CPU each": f"{1000 * used.cpu / max(used.passes, 1):.1f} ms",
        }
    )


async def _set_interval(fleet: Fleet, interval: str) -> None:
    await fleet.sight.time(
        fleet.names,
        lambda seen: seen["spec"]["interval"] == interval and apps.is_seen(seen),
        lambda: fleet.patch({"spec": {"interval": interval}}),
    )


async def restart(bench: Bench, fleet: Fleet) -> Figures:
    """The controller is ended and started, and a commit is asked for in the moment of the start.

    `ready` is when its readiness probe says so, `commit` when that commit is applied by one beside the N, `all` when it
    has made a pass over each of the N. What it had applied should be as before; writes are with those of the commit.
    """
    controller = bench.controllers.kustomize
    async with Fleet(bench.client, bench.server, "bench-probe", apps.folder("app")) as probe:
        await probe.install([probe.app("probe")])
        await settle()
        before = await fleet.versions()
        begin("restart")
        await controller.stop()
        probe.commit(apps.folder("app", tag="restart"))
        started = time.perf_counter()
        await controller.start()
        asking = asyncio.create_task(probe.upgrade())
        await controller.wait_ready()
        ready = time.perf_counter() - started
        await asking
        served = time.perf_counter() - started
        bench.meter.forget()
        await _passes(bench, len(fleet.names) + 1)
        took = time.perf_counter() - started
        used = await bench.meter.settled()
        changed = _changed(before, await fleet.versions())
    return end(
        {
            "restart, ready": seconds(ready),
            "restart, commit": seconds(served),
            "restart, all": seconds(took),
            "restart, requests each": f"{used.requests / len(fleet.names):.1f}",
            "restart, writes": f"{used.writes:.0f}",
            "restart, CPU": seconds(used.cpu),
            "restart, objects changed": f"{changed} of {len(before)}",
        }
    )


async def _passes(bench: Bench, wanted: int) -> None:
    """Return when the controller has made so many passes since its meter began."""

    async def made() -> float:
        await asyncio.sleep(0.2)
        return (await bench.meter.used()).passes

    await polling.eventually(made, lambda found: found >= wanted, timeout=watching.PATIENCE, what=f"{wanted} passes")


def _changed(before: Versions, after: Versions) -> int:
    return sum(before.get(one) != after.get(one) for one in before.keys() | after.keys())
