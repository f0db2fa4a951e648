"""Nothing to do costs nothing: an interval pass of many idle Kustomizations asks the API server for nothing."""

import asyncio

from sluice import kube, testing
from sluice.testing import builders, metrics, polling

KUSTOMIZATIONS = 100
OBJECTS = 20
INTERVAL = 10.0


async def test_a_hundred_idle_kustomizations_make_no_requests_in_an_interval_pass(
    space: testing.Space, controllers: testing.Controllers
) -> None:
    files = {
        f"{number}/{name}.yaml": builders.config_map(f"cm-{number}-{name}", k="v")
        for number in range(KUSTOMIZATIONS)
        for name in range(OBJECTS)
    }
    revision = space.commit(files)
    await space.source()
    for number in range(KUSTOMIZATIONS):
        await space.kustomization(f"app-{number}", path=f"./{number}", interval=f"{INTERVAL:g}s")
    await all_applied(space, revision)
    # One more pass after the last change, so that every Kustomization has seen its own end.
    await passes(controllers, KUSTOMIZATIONS)

    async def made() -> dict[tuple[tuple[str, str], ...], float]:
        before = await requests(space.client)
        await passes(controllers, KUSTOMIZATIONS)
        after = await requests(space.client)
        return {labels: count for labels, count in counted(before, after).items() if is_work(dict(labels))}

    # A real server does not tell who asked. Others ask now and then; a pass that asks does so in every interval.
    what = "an interval without requests"
    await polling.eventually(made, lambda found: not found, timeout=3 * INTERVAL, what=what)


async def all_applied(space: testing.Space, revision: str) -> None:
    resource = await space.client.resource_for("kustomize.toolkit.fluxcd.io/v1", "Kustomization")

    async def behind() -> list[str]:
        items = (await space.client.list(resource, space.name)).items
        return [
            item["metadata"]["name"] for item in items if item.get("status", {}).get("lastAppliedRevision") != revision
        ]

    await polling.eventually(behind, lambda names: not names, timeout=120, what="every Kustomization being applied")


async def passes(controllers: testing.Controllers, wanted: int) -> None:
    """Return when the controller has made that many more passes."""
    name = "controller_runtime_reconcile_total"

    async def made() -> float:
        counts = await metrics.scrape(controllers.kustomize.metrics_url)
        return sum(value for (found, _), value in counts.items() if found == name)

    before = await made()
    await polling.eventually(made, lambda now: now >= before + wanted, timeout=12 * INTERVAL, what=f"{wanted} passes")
    await asyncio.sleep(0.5)


async def requests(client: kube.Client) -> metrics.Counts:
    """The API server's own count of requests."""
    return metrics.parse(await client.raw("GET", "/metrics"))


def counted(before: metrics.Counts, after: metrics.Counts) -> dict[tuple[tuple[str, str], ...], float]:
    return metrics.growth(before, after, "apiserver_request_total")


def is_work(labels: dict[str, str]) -> bool:
    """Whether a request is one that a controller makes for its objects: no watch, no lease, not the counting itself."""
    if labels.get("verb") in {"WATCH", "CONNECT"} or labels.get("resource") in {"leases", ""}:
        return False
    # A real cluster's own components look after themselves; these kinds are ours, or what we applied.
    return labels.get("resource") in {"kustomizations", "gitrepositories", "configmaps", "secrets", "events"}
