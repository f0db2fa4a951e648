"""Alone on the cluster: those that wait for each other, and those that wait behind others that never become ready."""

import asyncio
import contextlib
import dataclasses

from common.figures import Figures, begin, end, seconds, settle
from mttp import apps
from mttp.bench import Bench
from mttp.fleets import Fleet

LINKS = 30
_WINDOW = 20.0
"""Seconds for which the waiting is looked at."""
_PATIENCE = 30.0
"""Seconds for the first ones to come to their wait. Where waiting takes a worker, most of them never do."""


async def chain(bench: Bench) -> Figures:
    """A chain of dependents, each created at once and ready as soon as it is applied."""
    async with Fleet(bench.client, bench.server, "bench-chain", apps.folder("app")) as fleet:
        made = [
            fleet.app(f"link-{index}", dependsOn=[{"name": f"link-{index - 1}"}] if index else [])
            for index in range(LINKS)
        ]
        await settle()
        begin(f"a chain of {LINKS}")
        await bench.meter.begin()
        took = await fleet.install(made)
        used = await bench.meter.settled()
        return end(
            {
                f"chain of {LINKS}": seconds(took),
                f"chain of {LINKS}, requests each": f"{used.requests / LINKS:.1f}",
                f"chain of {LINKS}, CPU": seconds(used.cpu),
            }
        )


async def stuck(bench: Bench, healthy: int, hopeless: int) -> Figures:
    """Healthy ones created behind others whose Deployment never comes up (`timeout: 2m`), and as many created alone.

    The others have begun to wait when the healthy ones are created. Before that they are watched while they do nothing
    but wait: requests, CPU, growth of memory. `in all` is from the creation of the first of them to the end.
    """
    async with Fleet(bench.client, bench.server, "bench-alone", apps.folder("app")) as fleet:
        alone = end(await _installed(bench, fleet, healthy, f"{healthy} alone"))
    name = f"{healthy} behind {hopeless}"
    files = {**apps.folder("app"), **apps.folder("hopeless", replicas=1)}
    async with Fleet(bench.client, bench.server, "bench-stuck", files) as fleet:
        await settle()
        begin(f"{hopeless} that wait")
        whole = dataclasses.replace(bench.meter)
        await whole.begin()
        await fleet.create(fleet.app(f"hopeless-{index}", "hopeless", timeout="2m") for index in range(hopeless))
        await _come_to_wait(fleet)
        waiting = end(await _wait(bench, hopeless))
        behind = await _installed(bench, fleet, healthy, name)
        used = await whole.used()
        sums = {
            f"{name}, requests in all": f"{used.requests:.0f}",
            f"{name}, CPU in all": seconds(used.cpu),
            f"{name}, memory at peak": f"{bench.meter.peak():.0f} MiB",
        }
        return {**alone, **waiting, **end({**behind, **sums})}


async def _installed(bench: Bench, fleet: Fleet, healthy: int, name: str) -> Figures:
    await settle()
    begin(name)
    await bench.meter.begin()
    took = await fleet.install([fleet.app(f"app-{index}") for index in range(healthy)])
    used = await bench.meter.used()
    return {name: seconds(took), f"{name}, CPU": seconds(used.cpu)}


async def _come_to_wait(fleet: Fleet) -> None:
    """Return when all wait for health, or no more of them are likely to."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(fleet.sight.time(fleet.names, apps.is_checked), _PATIENCE)


async def _wait(bench: Bench, hopeless: int) -> Figures:
    """What the waiting costs."""
    name, meter = f"{hopeless} waiting {_WINDOW:.0f} s", bench.meter
    await meter.settled()
    await meter.begin()
    memory = meter.memory()
    await asyncio.sleep(_WINDOW)
    used = await meter.used()
    return {
        f"{name}, requests": f"{used.requests:.0f}",
        f"{name}, CPU": seconds(used.cpu),
        f"{name}, memory gained": f"{meter.memory() - memory:.1f} MiB",
    }
