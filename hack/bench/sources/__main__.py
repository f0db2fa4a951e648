"""What sources cost: many of Git at once, a large one, and how soon a commit is an artifact.

Usage: python hack/bench sources [--cluster KUBECONFIG] [--against FOLDER] [--rows NAME,…]

500 GitRepositories of 50 repositories of 50 files each (--objects, --repositories), served by git http-backend:

- first: all created at once, until the last has an artifact;
- asked: each is asked to reconcile by its annotation, and there is nothing new;
- idle: two intervals of a minute, with nothing new: what the servers of Git and of the cluster are asked;
- resting: memory with all in place.

And each with a controller of its own:

- commit: commits of one file to a small repository, from asking the source until it has the artifact;
- large: a repository of 20,000 files, 160 MB: the first artifact, and that of a commit of one file;
- registry: 1000 OCIRepositories (twice --objects) of one small artifact in a registry: created at once, and asked;
- index: a chart repository whose index has 20 MB and 50,000 versions: its artifact, and two HelmCharts out of it.

Requests are the controller's metric `rest_client_requests_total`, CPU time and memory what the kernel counts for it
and its worker processes. FOLDER holds a program `source-controller` to compare with, measured in the same run.
Everything is in a namespace of its own, and the controllers look at no other: the cluster may be in use by others.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

from common import choosing, meters, tables
from common.figures import Figures
from sluice import kube, testing
from sluice.testing import clusters, namespaces
from sources import rows
from sources.bench import Bench

FLAGS = ("--concurrent=10", "--kube-api-qps=500", "--watch-all-namespaces=false")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all columns have in common."""

    options: argparse.Namespace
    folder: pathlib.Path
    kubeconfig: pathlib.Path
    client: kube.Client
    server: testing.GitServer

    @contextlib.asynccontextmanager
    async def bench(self, title: str, programs: pathlib.Path | None) -> AsyncIterator[Bench]:
        """A controller of the program that has done nothing yet, in a namespace of its own."""
        namespace = f"bench-{title}-{os.getpid()}"
        home = self.folder / namespace
        (home / "artifacts").mkdir(parents=True)
        await namespaces.create(self.client, namespace)
        try:
            controller = clusters.source_controller(
                home, self.kubeconfig, options=FLAGS, programs=programs, namespace=namespace
            )
            async with controller:
                yield Bench(
                    client=self.client,
                    server=self.server,
                    controller=controller,
                    meter=meters.Meter(controller),
                    namespace=namespace,
                    count=self.options.objects,
                    servers=self.options.repositories,
                    samples=self.options.samples,
                )
        finally:
            await namespaces.delete(self.client, namespace)


async def fill(ground: Ground, name: str, programs: pathlib.Path | None, figures: Figures) -> None:
    """Measure one program."""
    print(f"{name}:", flush=True, file=sys.stderr)
    wanted = ground.options.rows
    if any(row in wanted for row in rows.TOGETHER):
        async with ground.bench(f"{name}-many", programs) as bench:
            await rows.together(bench, wanted, figures)
    for title, row in rows.ALONE.items():
        if title in wanted:
            async with ground.bench(f"{name}-{title}", programs) as bench:
                figures |= await row(bench)


@contextlib.asynccontextmanager
async def cluster(folder: pathlib.Path, given: pathlib.Path | None) -> AsyncIterator[pathlib.Path]:
    """The cluster to measure on: the embedded one when none is given."""
    if given is not None:
        yield given
        return
    async with testing.embedded_cluster(folder):
        yield testing.kubeconfig_of(folder)


async def run(options: argparse.Namespace) -> None:
    """Measure program by program, and print them side by side."""
    async with contextlib.AsyncExitStack() as running:
        folder = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        kubeconfig = await running.enter_async_context(cluster(folder, options.cluster))
        client = await running.enter_async_context(await kube.Client.connect(kubeconfig, user_agent="bench"))
        await testing.install_crds(client)
        server = await running.enter_async_context(testing.GitServer(folder / "git"))
        ground = Ground(options=options, folder=folder, kubeconfig=kubeconfig, client=client, server=server)
        programs = {"sluice": None, **({"other": options.against} if options.against else {})}
        found: dict[str, Figures] = {name: {} for name in programs}
        try:
            for name, given in programs.items():
                await fill(ground, name, given, found[name])
        finally:
            # What was measured took too long to be lost with what was not.
            print(tables.table(found))


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        prog="hack/bench sources", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--objects", type=int, default=500, help="how many sources")
    parser.add_argument("--repositories", type=int, default=50, help="how many repositories they share")
    parser.add_argument("--against", type=pathlib.Path, help="folder with the controller to compare with")
    parser.add_argument("--cluster", type=pathlib.Path, help="kubeconfig of the cluster; an embedded one when absent")
    parser.add_argument(
        "--rows",
        type=choosing.chosen(rows.NAMES),
        default=rows.NAMES,
        help=f"what to measure: some of {','.join(rows.NAMES)}",
    )
    parser.add_argument("--samples", type=int, default=40, help="how many commits to take percentiles of")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
