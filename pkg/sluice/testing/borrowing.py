"""A cluster that is not the tests' own: what may be done with it, and how it is left."""

import contextlib
import pathlib
from collections.abc import AsyncIterator

from sluice import kube
from sluice.testing import namespaces
from sluice_api.kinds import KINDS


class ClusterInUse(RuntimeError):
    """The cluster has objects that the tests' controllers would act on."""


@contextlib.asynccontextmanager
async def borrowed_cluster(kubeconfig: pathlib.Path) -> AsyncIterator[pathlib.Path]:
    """A cluster for one run of tests: at its start without what an earlier one left, at its end without what it made.

    The controllers of a run look at every namespace, so objects of Sluice's kinds that are not a test's would be acted
    on. The CRDs stay.

    Raises:
        ClusterInUse: there are such objects; nothing was changed.
    """
    await _refuse_what_is_in_use(kubeconfig)
    await _clear(kubeconfig)
    yield kubeconfig
    await _clear(kubeconfig)


async def _clear(kubeconfig: pathlib.Path) -> None:
    async with await kube.Client.connect(kubeconfig, user_agent="tests") as client:
        await namespaces.clear(client)


async def _refuse_what_is_in_use(kubeconfig: pathlib.Path) -> None:
    async with await kube.Client.connect(kubeconfig, user_agent="tests") as client:
        ours = await namespaces.made_by_tests(client)
        found = [
            str(ref)
            for kind in KINDS
            for ref in await _objects(client, kind.names.api_version, kind.names.kind)
            if ref.namespace not in ours
        ]
    if found:
        raise ClusterInUse(
            f"the cluster of {kubeconfig} is in use: the tests' controllers would act on {found[0]} "
            f"and {len(found) - 1} more objects; give the tests a cluster of their own"
        )


async def _objects(client: kube.Client, api_version: str, kind: str) -> list[kube.ObjectRef]:
    try:
        resource = await client.resource_for(api_version, kind)
    except kube.NoKindMatch:
        return []
    return [kube.ObjectRef.of(item) for item in (await client.list(resource)).items]
