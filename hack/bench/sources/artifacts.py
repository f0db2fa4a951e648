"""Many OCIRepositories of one small artifact in a registry: created at once, and asked when nothing is new."""

from typing import Any

from common.figures import Figures, begin, end, seconds, settle
from sluice.testing import spaces
from sluice.testing.registries import Registry
from sources import fleets
from sources.bench import Bench

KIND = "OCIRepository"
PATH = "org/app"
FILES = 10


async def artifacts(bench: Bench) -> Figures:
    """Twice as many as there are sources of Git."""
    count = 2 * bench.count
    async with Registry() as registry, fleets.fleet(bench, KIND, _body) as fleet:
        files = {f"cm-{number}.yaml": f"number: {number}\n" * 20 for number in range(FILES)}
        await registry.push(PATH, "1.0.0", files)
        await settle()
        begin(f"first sync of {count} {KIND} objects")
        urls = {f"oci-{number}": registry.url(PATH) for number in range(count)}
        since = len(registry.requests())
        await bench.meter.begin()
        took = await fleet.create(urls, ref={"tag": "1.0.0"})
        figures = await _used(bench, "registry, first sync", took, count, registry, since)
        await settle()
        begin(f"asked check of {count} {KIND} objects")
        since = len(registry.requests())
        await bench.meter.begin()
        took = await fleet.ask(fleet.names)
        figures |= await _used(bench, "registry, asked check", took, count, registry, since)
        return end({**figures, "registry, memory in place": f"{bench.meter.memory():.0f} MiB"})


async def _used(bench: Bench, name: str, took: float, count: int, registry: Registry, since: int) -> Figures:
    used = await bench.meter.settled()
    return {
        name: seconds(took),
        f"{name}, API requests each": f"{used.requests / count:.1f}",
        f"{name}, registry's requests each": f"{(len(registry.requests()) - since) / count:.1f}",
        f"{name}, CPU": seconds(used.cpu),
    }


def _body(name: str, namespace: str, url: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": spaces.SOURCES,
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "1h", "url": url, **spec},
    }
