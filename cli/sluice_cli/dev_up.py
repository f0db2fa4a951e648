"""`sluice dev up`: a cluster with Sluice in it, for as long as the command runs."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice_cli import log_lines, style
from sluice_cli.failures import Failure

if TYPE_CHECKING:
    from sluice import testing

_LOOK_SECONDS = 0.2


_HELP = """Start a cluster and Sluice's controllers on this machine, and stay until Ctrl-C.

The cluster is the embedded Kubernetes API server: one process, no containers. Use it from another terminal with the
kubeconfig that is printed. What the controllers do is shown; one that dies is started again.

\b
Examples:
  sluice dev up                      a cluster that ends with the command
  sluice dev up --dir ~/.sluice-dev  one that is there again next time
"""


@click.command("up", help=_HELP)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep cluster, artifacts, kubeconfig and logs here, to go on next time. Else they end with the command.",
)
@click.option("--quiet", "-q", is_flag=True, help="Do not show the controllers' logs.")
def up(folder: Path | None, quiet: bool) -> None:
    """Run them; the help is above."""
    with _kept(folder) if folder else _temporary() as home:
        asyncio.run(_until_told(home, quiet))


@contextlib.contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sluice-dev-") as home:
        yield Path(home)


@contextlib.contextmanager
def _kept(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise Failure(f"{folder}: {error.strerror}", "Choose another --dir.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure(
                f"{folder} is in use by another `sluice dev up`", "End that one, or choose another --dir."
            ) from None
        yield folder.absolute()


async def _until_told(home: Path, quiet: bool) -> None:
    running = asyncio.current_task()
    assert running is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await _serve(home, quiet)
    except asyncio.CancelledError:
        running.uncancel()
        click.echo("\nEnded, with everything that was started.")


async def _serve(home: Path, quiet: bool) -> None:
    from sluice import testing

    async with testing.Supervisor(_restarting) as supervisor:
        tails: list[log_lines.Tail] = []
        kubeconfig = testing.kubeconfig_of(home)
        await _start(supervisor, testing.embedded_cluster(home), tails)
        await _install_crds(kubeconfig)
        await _start(supervisor, testing.source_controller(home, kubeconfig), tails)
        await _start(supervisor, testing.kustomize_controller(home, kubeconfig), tails)
        _explain(kubeconfig)
        await _follow([] if quiet else tails)


async def _start(supervisor: testing.Supervisor, process: testing.Process, tails: list[log_lines.Tail]) -> None:
    from sluice import testing

    tails.append(log_lines.Tail(process.name, process.log))
    try:
        await supervisor.add(process)
    except (testing.ProcessEnded, TimeoutError) as error:
        raise Failure(str(error), f"Its whole log: {process.log} (run with --dir to keep it).") from None
    _say(f"{process.name} is ready")


async def _install_crds(kubeconfig: Path) -> None:
    from sluice import kube, testing

    try:
        async with await kube.Client.connect(kubeconfig, user_agent="sluice-cli") as client:
            await testing.install_crds(client)
    except (kube.KubeError, TimeoutError) as error:
        raise Failure(f"the CRDs could not be installed: {error}") from None
    _say("the kinds of Sluice are installed")


async def _follow(tails: list[log_lines.Tail]) -> None:
    while True:
        for tail in tails:
            for line in tail.fresh():
                click.echo(line)
        await asyncio.sleep(_LOOK_SECONDS)


def _restarting(process: testing.Process, status: int) -> None:
    from sluice.testing import processes

    click.echo(f"{style.warning()} {process.name} {processes.ending(status)}; starting it again")


def _say(text: str) -> None:
    click.echo(f"{style.done()} {text}")


def _explain(kubeconfig: Path) -> None:
    click.echo(
        f"\nIn another terminal:\n\n"
        f"  export KUBECONFIG={kubeconfig}\n"
        f"  kubectl apply -f manifests/samples/my-app.yaml   # with the url of a repository of yours\n"
        f"  sluice get all -A\n\n"
        f"Ctrl-C ends everything.\n"
    )
