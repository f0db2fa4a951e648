"""`sluice dev apiserver`: the embedded control plane alone."""

import asyncio
import gc
import os
import signal
from pathlib import Path

import click

from sluice.apiserver import EmbeddedServer, simulate
from sluice_cli.failures import Failure

_HELP = """Run the embedded Kubernetes API server alone, until Ctrl-C.

One process, ready in a second; kubectl, helm and controllers take it for a cluster. No container ever runs: workloads
get a simulated status. For demo, tests and previews, never for production.

\b
Examples:
  sluice dev apiserver --kubeconfig ./kubeconfig
  sluice dev apiserver --listen 127.0.0.1:0 --kubeconfig ./kubeconfig --data-dir ./cluster
  KUBECONFIG=./kubeconfig kubectl get namespaces
"""


@click.command(help=_HELP)
@click.option(
    "--listen", default="127.0.0.1:6443", show_default=True, help="HOST:PORT to serve on; port 0 takes a free one."
)
@click.option(
    "--kubeconfig",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write the administrator's kubeconfig.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the cluster here; without it, it lives in memory.",
)
@click.option(
    "--simulate",
    "mode",
    type=click.Choice([mode.value for mode in simulate.Mode]),
    default=simulate.Mode.HEALTHY.value,
    show_default=True,
    help="What is behind the API: a node on which every pod becomes ready, no node, or nothing at all.",
)
def apiserver(listen: str, kubeconfig: Path, data_dir: Path | None, mode: str) -> None:
    """Run it; the help is above."""
    host, separator, port = listen.rpartition(":")
    if not separator or not port.isdecimal():
        raise click.BadParameter(f"{listen!r} is not HOST:PORT", param_hint="--listen")
    _calm_collector()
    server = EmbeddedServer(
        host=host.strip("[]") or "127.0.0.1",
        port=int(port),
        kubeconfig_path=kubeconfig,
        data_dir=data_dir,
        simulation=simulate.Options(mode=simulate.Mode(mode)),
    )
    asyncio.run(_serve(server, kubeconfig, listen))


def _calm_collector() -> None:
    """Keep Python's garbage collector from holding up requests.

    A full pass over a cluster's objects, none of which are garbage, takes the time of a hundred requests. What was
    imported is set aside for good, and full passes become rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(server: EmbeddedServer, kubeconfig: Path, listen: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    try:
        async with server:
            click.echo(f"serving {server.url}, kubeconfig {kubeconfig}")
            await stop.wait()
    except OSError as error:
        raise _explained(error, listen) from None


def _explained(error: OSError, listen: str) -> Failure:
    # asyncio's own text has the address as a tuple, and the number of the error.
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    if error.filename is not None:
        return Failure(f"{error.filename}: {reason}", "Choose another --kubeconfig or --data-dir.")
    return Failure(f"cannot listen on {listen}: {reason}", "Choose another --listen; port 0 takes a free one.")
