"""`sluice dev apiserver`: the embedded control plane alone."""

import asyncio
import signal
from pathlib import Path

import click

from sluice.apiserver import EmbeddedServer


@click.command()
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
def apiserver(listen: str, kubeconfig: Path, data_dir: Path | None) -> None:
    """Run a Kubernetes API server for demo, tests and previews: no nodes, no containers, never for production."""
    host, separator, port = listen.rpartition(":")
    if not separator or not port.isdecimal():
        raise click.BadParameter(f"{listen!r} is not HOST:PORT", param_hint="--listen")
    asyncio.run(_serve(host.strip("[]") or "127.0.0.1", int(port), kubeconfig, data_dir))


async def _serve(host: str, port: int, kubeconfig: Path, data_dir: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    try:
        server = EmbeddedServer(host=host, port=port, kubeconfig_path=kubeconfig, data_dir=data_dir)
        async with server:
            click.echo(f"serving {server.url}, kubeconfig {kubeconfig}")
            await stop.wait()
    except OSError as error:
        raise click.ClickException(f"cannot serve on {host}:{port}: {error}") from error
