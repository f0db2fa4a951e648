"""All of N at once: created, upgraded by one commit, asked again when nothing has changed; and the bare applies."""

import time
from collections.abc import Awaitable, Callable

from common.figures import Figures, begin, each, end, seconds, settle
from mttp import apps, fleets
from mttp.bench import Bench
from mttp.fleets import Fleet
from sluice import kube
from sluice.testing import namespaces

FLOOR = "bench-floor"


async def floor(client: kube.Client, count: int) -> Figures:
    """The bare server-side apply of the 4N objects, so many at once as the controllers do, and the same again."""
    begin(f"bare apply of {len(apps.KINDS) * count} objects, twice")
    await namespaces.create(client, FLOOR)
    try:
        objects = [obj for index in range(count) for obj in apps.manifests(f"app-{index}")]
        for obj in objects:
            obj["metadata"] = {**obj["metadata"], "namespace": FLOOR}
        took = []
        for _ in range(2):
            started = time.perf_counter()
            await each(objects, lambda obj: fleets.apply(client, obj))
            took.append(time.perf_counter() - started)
        return end({"bare apply": seconds(took[0]), "bare apply, unchanged": seconds(took[1])})
    finally:
        await namespaces.delete(client, FLOOR)
        await fleets.gone(client, FLOOR)


async def install(bench: Bench, fleet: Fleet) -> Figures:
    """All are created at once."""
    made = [fleet.app(f"app-{index}") for index in range(bench.count)]
    return await _phase(bench, "install", lambda: fleet.install(made))


async def upgrade(bench: Bench, fleet: Fleet) -> Figures:
    """A commit changes all objects of all."""
    fleet.commit(apps.folder("app", tag="2"))
    return await _phase(bench, "upgrade", fleet.upgrade)


async def asked(bench: Bench, fleet: Fleet) -> Figures:
    """Each is asked by its annotation, and there is nothing to do."""
    return await _phase(bench, "asked pass", fleet.ask)


async def _phase(bench: Bench, name: str, work: Callable[[], Awaitable[float]]) -> Figures:
    await settle()
    begin(name)
    await bench.meter.begin()
    took = await work()
    used = await bench.meter.settled()
    return end(
        {
            name: seconds(took),
            f"{name}, each": f"{1000 * took / bench.count:.1f} ms",
            f"{name}, requests each": f"{used.requests / bench.count:.1f}",
            f"{name}, CPU": seconds(used.cpu),
            f"{name}, CPU each": f"{1000 * used.cpu / bench.count:.1f} ms",
        }
    )
