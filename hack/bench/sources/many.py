"""Many small sources on fewer repositories: created at once, asked when nothing is new, and left to their interval."""

import asyncio
from collections.abc import Awaitable, Callable

from common.figures import Figures, begin, end, seconds, settle
from sluice.testing.git import Repository
from sources.bench import Bench
from sources.fleets import Fleet

FILES = 50
_CALM = 15
"""Seconds after which workers that were needed for more than there is to do have ended by themselves."""
INTERVAL = 60
"""Seconds; the least that leaves the passes of one interval apart from those of the next."""


def fill(repository: Repository, tag: str) -> str:
    """Commit small manifests that no two repositories have in common; the commit."""
    return repository.commit(
        {f"apps/app-{index // 10}/cm-{index}.yaml": _manifest(tag, index) for index in range(FILES)}
    )


def _manifest(tag: str, index: int) -> str:
    lines = "".join(f"  key-{line}: value {line} of {tag} in file {index}\n" for line in range(20))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {tag}-{index}\ndata:\n{lines}"


def urls(bench: Bench) -> dict[str, str]:
    """Names of sources and their addresses: each repository has as many as the others."""
    return {f"src-{index}": bench.server.url(f"repo-{index % bench.servers}") for index in range(bench.count)}


async def first(bench: Bench, fleet: Fleet) -> Figures:
    """All are created at once, and nothing is known of their repositories."""
    for index in range(bench.servers):
        fill(bench.server.repository(f"repo-{index}"), f"repo-{index}")
    return await _phase(bench, "first sync", lambda: fleet.create(urls(bench)))


async def asked(bench: Bench, fleet: Fleet) -> Figures:
    """Each is asked by its annotation, and there is nothing new."""
    return await _phase(bench, "asked check", lambda: fleet.ask(fleet.names))


async def idle(bench: Bench, fleet: Fleet) -> Figures:
    """The passes of two intervals, when everybody has had one already."""
    begin(f"passes every {INTERVAL} s")
    await fleet.patch(fleet.names, {"spec": {"interval": f"{INTERVAL}s"}})
    # The passes for the change of the interval itself, and the first of it.
    await asyncio.sleep(1.2 * INTERVAL)
    before = await fleet.versions()
    bench.server.requests.clear()
    await bench.meter.begin()
    await asyncio.sleep(2 * INTERVAL)
    used = await bench.meter.used()
    asked = len(bench.server.requests)
    after = await fleet.versions()
    return end(
        {
            "interval, passes": f"{used.passes:.0f}",
            "interval, Git requests per repository and interval": f"{asked / 2 / bench.servers:.1f}",
            "interval, API requests": f"{used.requests:.0f}",
            "interval, writes": f"{used.writes:.0f}",
            "interval, objects changed": f"{sum(before[name] != after.get(name) for name in before)}",
            "interval, CPU each pass": f"{1000 * used.cpu / max(used.passes, 1):.1f} ms",
        }
    )


async def resting(bench: Bench, fleet: Fleet) -> Figures:
    """What the controller and its workers hold, with all in place and nothing to do."""
    await asyncio.sleep(_CALM)
    begin("memory in place")
    return end(
        {
            "memory in place, resident sets summed": f"{bench.meter.memory():.0f} MiB",
            "memory in place, shared pages once": f"{bench.meter.proportional():.0f} MiB",
            "memory at peak, resident sets summed": f"{bench.meter.peak():.0f} MiB",
        }
    )


async def _phase(bench: Bench, name: str, work: Callable[[], Awaitable[float]]) -> Figures:
    await settle()
    begin(f"{name} of {bench.count}")
    bench.server.requests.clear()
    await bench.meter.begin()
    took = await work()
    used = await bench.meter.settled()
    return end(
        {
            name: seconds(took),
            f"{name}, API requests each": f"{used.requests / bench.count:.1f}",
            f"{name}, CPU": seconds(used.cpu),
            f"{name}, Git requests per repository": f"{len(bench.server.requests) / bench.servers:.1f}",
        }
    )
