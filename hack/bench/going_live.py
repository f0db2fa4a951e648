"""How long a push takes to be live, an edit by hand to be put back, and what an asked-for no-change pass costs.

Usage: python hack/bench/going_live.py [--against FOLDER [--crds FOLDER]] [--rounds N] [--cluster KUBECONFIG]

FOLDER holds the programs `source-controller` and `kustomize-controller` to compare with; they are given the same flags.
What they want of CRDs beside ours is applied from the files of --crds.
Both run against the same API server, one after the other, on the same repository contents.
"""

import argparse
import asyncio
import contextlib
import pathlib
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable

from sluice import kube, testing, yamlio
from sluice.testing import builders, clusters, metrics

OBJECTS = 20
CONFIG_MAP = ("v1", "ConfigMap")
ROWS = ("push asked for, until live (s)", "edit by hand, until put back (s)", "requests of a no-change pass")


async def measure(space: testing.Space, rounds: int, *, holds: bool) -> dict[str, list[float]]:
    """Each figure, `rounds` times. `holds`: drift is put back by itself; otherwise it is not waited for."""
    names = [f"cm-{number}" for number in range(OBJECTS)]
    space.commit({f"{name}.yaml": builders.config_map(name, k="0") for name in names})
    await space.create()
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    found: dict[str, list[float]] = {row: [] for row in ROWS}
    for number in range(1, rounds + 1):
        revision = space.commit({"cm-0.yaml": builders.config_map("cm-0", k=str(number))})
        found[ROWS[0]].append(await timed(lambda: live(space, str(number))))  # noqa: B023 - called at once
        await space.see_applied("app", revision)
        if holds:
            await space.patch(*CONFIG_MAP, "cm-1", {"data": {"k": "by hand"}})
            found[ROWS[1]].append(
                await timed(lambda: space.see(*CONFIG_MAP, "cm-1", lambda seen: seen["data"]["k"] == "0"))
            )
        found[ROWS[2]].append(await requests_of_a_pass(space))
    await space.delete()
    return found


async def live(space: testing.Space, value: str) -> None:
    """Ask for the new commit, and return when the cluster shows it."""
    await space.request("GitRepository", "src")
    await space.see(*CONFIG_MAP, "cm-0", lambda seen: seen["data"]["k"] == value)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that the work takes."""
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def requests_of_a_pass(space: testing.Space) -> float:
    """How many requests the API server counts while a Kustomization is asked to reconcile and has nothing to do."""
    await asyncio.sleep(1)
    before = metrics.parse(await space.client.raw("GET", "/metrics"))
    asked = await space.request("Kustomization", "app")
    await asyncio.sleep(2)
    after = metrics.parse(await space.client.raw("GET", "/metrics"))
    app = await space.get("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app")
    assert app is not None
    assert app["status"]["lastHandledReconcileAt"] == asked
    kinds = {"kustomizations", "gitrepositories", "configmaps", "events"}
    return sum(
        count
        for labels, count in metrics.growth(before, after, "apiserver_request_total").items()
        if dict(labels).get("resource") in kinds and dict(labels).get("verb") != "WATCH"
    )


async def run(options: argparse.Namespace) -> None:
    """Measure ours, then the other, and print both."""
    async with contextlib.AsyncExitStack() as running:
        folder = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        kubeconfig = options.cluster or testing.kubeconfig_of(folder)
        if not options.cluster:
            await running.enter_async_context(testing.embedded_cluster(folder))
        client = await running.enter_async_context(await kube.Client.connect(kubeconfig, user_agent="bench"))
        await testing.install_crds(client)
        if options.crds:
            await install(client, "\n---\n".join(path.read_text() for path in sorted(options.crds.glob("*.yaml"))))
        server = await running.enter_async_context(testing.GitServer(folder / "git"))
        columns = {}
        for name, programs in (("sluice", None), ("other", options.against)):
            if name == "other" and not programs:
                continue
            home = folder / name
            (home / "artifacts").mkdir(parents=True)
            async with contextlib.AsyncExitStack() as controllers:
                for start in (clusters.source_controller, clusters.kustomize_controller):
                    await controllers.enter_async_context(start(home, kubeconfig, programs=programs))
                space = testing.Space(client, server, f"bench-{name}")
                columns[name] = await measure(space, options.rounds, holds=programs is None)
        report(columns)


async def install(client: kube.Client, manifests: str) -> None:
    """Create the CRDs that the cluster does not have yet."""
    resource = await client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    for definition in yamlio.load_all(manifests):
        with contextlib.suppress(kube.AlreadyExists):
            await client.create(resource, definition, manager="bench")


def report(columns: dict[str, dict[str, list[float]]]) -> None:
    """Print one row a figure, one column a program."""
    print(f"{'median (min .. max)':36}" + "".join(f"{name:>26}" for name in columns))
    for row in ROWS:
        cells = [figure(found[row]) for found in columns.values()]
        print(f"{row:36}" + "".join(f"{cell:>26}" for cell in cells))


def figure(values: list[float]) -> str:
    """Median, least and most of the values."""
    if not values:
        return "-"
    return f"{statistics.median(values):.3f} ({min(values):.3f} .. {max(values):.3f})"


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=pathlib.Path, help="folder with the controllers to compare with")
    parser.add_argument("--crds", type=pathlib.Path, help="folder with CRDs to add")
    parser.add_argument("--cluster", type=pathlib.Path, help="kubeconfig of the cluster; an embedded one when absent")
    parser.add_argument("--rounds", type=int, default=10)
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
