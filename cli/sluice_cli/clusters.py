"""Which cluster a command talks to, and how it says that it cannot."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sluice_cli.failures import Failure

if TYPE_CHECKING:
    from sluice import kube

F = TypeVar("F", bound=Callable[..., Any])

_START_ONE = "Start a cluster here with `sluice dev up`, or name one with --kubeconfig or KUBECONFIG."


def options(command: F) -> F:
    """Add `--kubeconfig` and `--context` to a command."""
    for option in (
        click.option("--context", metavar="NAME", help="The kubeconfig's context to use, not the current one."),
        click.option("--kubeconfig", metavar="PATH", help="The kubeconfig to use, not $KUBECONFIG or ~/.kube/config."),
    ):
        command = option(command)
    return command


@contextlib.asynccontextmanager
async def connected(kubeconfig: str | None, context: str | None) -> AsyncIterator[kube.Client]:
    """A client; what goes wrong with it leaves as a `Failure` that says what to do."""
    from sluice import kube

    try:
        async with await kube.Client.connect(kubeconfig, context=context, user_agent="sluice-cli") as client:
            yield client
    except kube.KubeError as error:
        raise _explained(error) from None


def _explained(error: kube.KubeError) -> Failure:
    from sluice import kube

    if isinstance(error, kube.ConfigError):
        return Failure(str(error), _START_ONE)
    if isinstance(error, kube.Unreachable):
        return Failure(f"cannot reach the cluster: {error}", f"Is it running? {_START_ONE}")
    if isinstance(error, kube.Unauthorized):
        message = f"the cluster does not accept the credentials: {error}"
        return Failure(message, "Renew them, or choose another --context.")
    if isinstance(error, kube.Forbidden):
        return Failure(str(error), "Ask for that permission, or choose another --context.")
    if isinstance(error, kube.NoKindMatch):
        return Failure(str(error), "The cluster does not have Sluice's CRDs: kubectl apply -f manifests/crds")
    return Failure(str(error))
