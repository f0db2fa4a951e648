"""How long many Kustomizations take until all are applied and healthy (mean time to production), and what that costs.

Usage: python hack/bench mttp --objects N [--cluster KUBECONFIG] [--against FOLDER] [--rows NAME,…]

N Kustomizations of one source: each applies a ServiceAccount, a Service, a Deployment scaled to zero and an Ingress,
with `wait`, `targetNamespace`, a variable of `postBuild`, and as a ServiceAccount. The rows:

- floor: the bare server-side apply of the same 4N objects, and the same applies again, unchanged;
- install, upgrade, asked: all created at once; a commit changes all of their objects; each is asked to reconcile by
  its annotation and finds nothing to do;
- commit: with N in place one commit to another source, of one Kustomization beside them, until it is live and applied;
- shared: the same where the commit is to the source of the N, and changes the folder of one of them;
- edit: with N in place an object edited by hand, until it is put back;
- idle: with N in place passes at a short interval, with nothing changed;
- restart: with N in place the controller is ended and started;
- chain: 30 dependents of each other, each ready as soon as it is applied;
- stuck, stuck-many: 100 behind 40, and 500 behind 500, that never become healthy;
- growth: install, upgrade and asked for N, and for a tenth of it in a column of their own.

All but stuck-many and growth are measured unless --rows says otherwise. Requests and CPU time are those of the
controller of Kustomizations: its metric `rest_client_requests_total`, and what the kernel counts for it and its worker
processes. FOLDER holds the programs `source-controller` and `kustomize-controller` to compare with; the CRDs that they
want beside ours have to be in the cluster. What they do not do by themselves (edit) is left out for them.
"""

import argparse
import asyncio
import contextlib
import pathlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

from common import choosing, meters, tables
from common.figures import Figures
from mttp import going, rows
from mttp.bench import Bench
from sluice import kube, testing
from sluice.testing import clusters

FLAGS = ("--concurrent=20", "--requeue-dependency=5s", "--kube-api-qps=500")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A program, and how many Kustomizations it is given."""

    name: str
    programs: pathlib.Path | None
    count: int
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}, N={self.count}"


def columns(options: argparse.Namespace) -> list[Column]:
    """What is to be measured, in this order."""
    programs = {"sluice": None, **({"other": options.against} if options.against else {})}
    sizes = {options.objects: options.rows}
    if "growth" in options.rows:
        sizes = {max(1, options.objects // 10): rows.GROWING, options.objects: (*options.rows, *rows.GROWING)}
    return [
        Column(name=name, programs=folder, count=count, rows=wanted)
        for name, folder in programs.items()
        for count, wanted in sizes.items()
    ]


@contextlib.asynccontextmanager
async def controllers(
    home: pathlib.Path, kubeconfig: pathlib.Path, programs: pathlib.Path | None
) -> AsyncIterator[testing.Controllers]:
    """Run the two controllers of a program, which keep their files in a folder of their own."""
    (home / "artifacts").mkdir(parents=True)
    started = testing.Controllers(
        source=clusters.source_controller(home, kubeconfig, programs=programs),
        kustomize=clusters.kustomize_controller(home, kubeconfig, options=FLAGS, programs=programs),
        helm=clusters.helm_controller(home, kubeconfig, programs=programs),
    )
    async with started.source, started.kustomize:
        yield started


@contextlib.asynccontextmanager
async def cluster(folder: pathlib.Path, given: pathlib.Path | None) -> AsyncIterator[pathlib.Path]:
    """The cluster to measure on: the embedded one when none is given. Nothing else may be at work on it."""
    if given is not None:
        async with testing.borrowed_cluster(given) as kubeconfig:
            yield kubeconfig
        return
    async with testing.embedded_cluster(folder, options=("--simulate=no-nodes",)):
        yield testing.kubeconfig_of(folder)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all columns have in common."""

    folder: pathlib.Path
    kubeconfig: pathlib.Path
    client: kube.Client
    server: testing.GitServer
    samples: int


async def fill(ground: Ground, column: Column, figures: Figures) -> None:
    """Measure a column."""
    print(f"{column}:", flush=True, file=sys.stderr)
    home = ground.folder / f"{column.name}-{column.count}"
    async with controllers(home, ground.kubeconfig, column.programs) as started:
        bench = Bench(
            client=ground.client,
            server=ground.server,
            controllers=started,
            meter=meters.Meter(started.kustomize),
            count=column.count,
            samples=ground.samples,
            holds=column.programs is None,
        )
        await rows.measure(bench, column.rows, figures)


async def run(options: argparse.Namespace) -> None:
    """Measure the floor, then column by column, and print them side by side."""
    async with contextlib.AsyncExitStack() as running:
        folder = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        kubeconfig = await running.enter_async_context(cluster(folder, options.cluster))
        client = await running.enter_async_context(await kube.Client.connect(kubeconfig, user_agent="bench"))
        await testing.install_crds(client)
        server = await running.enter_async_context(testing.GitServer(folder / "git"))
        ground = Ground(folder=folder, kubeconfig=kubeconfig, client=client, server=server, samples=options.samples)
        floor = await going.floor(client, options.objects) if "floor" in options.rows else {}
        found: dict[str, Figures] = {str(column): {} for column in columns(options)}
        try:
            for column in columns(options):
                await fill(ground, column, found[str(column)])
        finally:
            # What was measured took too long to be lost with what was not.
            print("\n" + "\n".join(f"{name}: {figure}" for name, figure in floor.items()))
            print(tables.table(found))


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        prog="hack/bench mttp", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--objects", type=int, default=100, help="how many Kustomizations")
    parser.add_argument("--against", type=pathlib.Path, help="folder with the controllers to compare with")
    parser.add_argument("--cluster", type=pathlib.Path, help="kubeconfig of the cluster; an embedded one when absent")
    parser.add_argument(
        "--rows",
        type=choosing.chosen(rows.NAMES),
        default=rows.USUAL,
        help=f"what to measure: some of {','.join(rows.NAMES)}",
    )
    parser.add_argument("--samples", type=int, default=40, help="how many commits and edits to take percentiles of")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
