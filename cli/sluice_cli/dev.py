"""`sluice dev`: what runs a cluster on this machine."""

from __future__ import annotations

import click

from sluice_cli.lazy import Entry, LazyGroup


@click.group(
    "dev",
    cls=LazyGroup,
    entries={
        "up": Entry("sluice_cli.dev_up:up", "Start a cluster and the controllers; stay until Ctrl-C."),
        "apiserver": Entry("sluice_cli.dev_apiserver:apiserver", "Run the embedded Kubernetes API server alone."),
    },
)
def dev() -> None:
    """A Kubernetes API on this machine, in one process: no Docker, no root, ready in a second.

    It has no kubelet and no scheduler: workloads get a simulated status, no container ever runs. For development, tests
    and previews, never for production.
    """
