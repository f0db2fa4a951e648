"""Namespaces of test runs: marked as such, so that what a run left is found and removed, and nothing else is."""

import asyncio
import contextlib
from typing import Final

from sluice import kube
from sluice.testing import polling
from sluice_api.kinds import KINDS

MARK = "sluice.dev/made-by-tests"
"""The label of every namespace that tests make, and may therefore remove."""
OWNER = "kustomize.toolkit.fluxcd.io/namespace"
"""The label by which a namespace that was itself applied tells where its Kustomization is."""
PATIENCE = 180.0
"""Seconds in which a cluster removes the namespaces of a whole run."""

_HELD: Final = (*((kind.names.api_version, kind.names.kind) for kind in KINDS), ("v1", "ConfigMap"))
"""The kinds to whose objects tests and controllers give finalizers."""


async def create(client: kube.Client, name: str) -> None:
    """Create a namespace for a test.

    Raises:
        kube.AlreadyExists: there is one of that name, so nothing in it is the test's.
    """
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {MARK: "true"}}}
    await client.create(await _resource(client), body, manager="tests")


async def delete(client: kube.Client, name: str) -> None:
    """Ask for the end of a namespace, without waiting for it; what is gone already is well."""
    with contextlib.suppress(kube.NotFound):
        await client.delete(await _resource(client), name)


async def clear(client: kube.Client) -> None:
    """Remove the namespaces of tests and those that their Kustomizations made, and return when they are gone.

    Finalizers in them are taken off: the controllers that would do it have ended.
    """
    names = await made_by_tests(client)
    for name in names:
        await delete(client, name)

    async def left() -> set[str]:
        remaining = names & {found["metadata"]["name"] for found in await _all(client)}
        for name in remaining:
            await _release(client, name)
        # A cluster needs seconds for this; ask no faster than it can be done.
        await asyncio.sleep(0.2 if remaining else 0)
        return remaining

    await polling.eventually(left, lambda seen: not seen, timeout=PATIENCE, what="the end of the tests' namespaces")


async def made_by_tests(client: kube.Client) -> set[str]:
    """The namespaces that tests made, and those that were applied from within them."""
    labels = {found["metadata"]["name"]: found["metadata"].get("labels", {}) for found in await _all(client)}
    marked = {name for name, given in labels.items() if MARK in given}
    return marked | {name for name, given in labels.items() if given.get(OWNER) in marked}


async def _release(client: kube.Client, namespace: str) -> None:
    for api_version, kind in _HELD:
        with contextlib.suppress(kube.NoKindMatch):
            resource = await client.resource_for(api_version, kind)
            for item in (await client.list(resource, namespace, metadata_only=True)).items:
                if item["metadata"].get("finalizers"):
                    await _release_object(client, resource, item)


async def _release_object(client: kube.Client, resource: kube.Resource, item: kube.Object) -> None:
    metadata, body = item["metadata"], {"metadata": {"finalizers": None}}
    with contextlib.suppress(kube.NotFound):
        await client.patch(
            resource, metadata["name"], metadata["namespace"], body, kind=kube.PatchType.MERGE, manager="tests"
        )


async def _all(client: kube.Client) -> list[kube.Object]:
    return list((await client.list(await _resource(client), metadata_only=True)).items)


async def _resource(client: kube.Client) -> kube.Resource:
    return await client.resource_for("v1", "Namespace")
