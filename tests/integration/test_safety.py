"""What takes several processes to go wrong."""

import asyncio
import contextlib
import pathlib
import signal
from collections.abc import AsyncIterator

import pytest

from sluice import kube, testing
from sluice.testing import builders

OBJECTS = 150
ELECTED = (
    "--enable-leader-election",
    "--leader-election-lease-duration=3s",
    "--leader-election-renew-deadline=2s",
    "--leader-election-retry-period=500ms",
    "--concurrent-ssa=1",
)


@pytest.fixture
async def cluster(tmp_path: pathlib.Path, git_server: testing.GitServer) -> AsyncIterator[testing.Space]:
    """A cluster of the test's own, with nobody but a source-controller at work."""
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(testing.embedded_cluster(tmp_path, options=("--simulate=off",)))
        kubeconfig = testing.kubeconfig_of(tmp_path)
        client = await stack.enter_async_context(await kube.Client.connect(kubeconfig, user_agent="Python"))
        await testing.install_crds(client)
        await stack.enter_async_context(testing.source_controller(tmp_path, kubeconfig))
        space = testing.Space(client, git_server, "frozen-leader")
        await space.create()
        yield space


def replica(tmp_path: pathlib.Path, name: str) -> testing.Process:
    folder = tmp_path / name
    folder.mkdir()
    return testing.kustomize_controller(folder, testing.kubeconfig_of(tmp_path), options=ELECTED)


async def test_a_leader_that_was_frozen_and_lost_its_lease_writes_nothing_when_it_wakes(
    cluster: testing.Space, tmp_path: pathlib.Path
) -> None:
    names = [f"cm-{number:03}" for number in range(OBJECTS)]
    cluster.commit({f"{name}.yaml": builders.config_map(name, k="1") for name in names})
    await cluster.source()
    async with replica(tmp_path, "first") as first:
        await cluster.kustomization()
        await cluster.see("v1", "ConfigMap", names[10], bool)
        first.signal(signal.SIGSTOP)
        async with replica(tmp_path, "second"):
            revision = cluster.commit({f"{name}.yaml": builders.config_map(name, k="2") for name in names})
            await cluster.request("GitRepository", "src")
            await cluster.see_applied("app", revision)
            resource = await cluster.client.resource_for("v1", "ConfigMap")
            listed = await cluster.client.list(resource, cluster.name)
            first.signal(signal.SIGCONT)
            await asyncio.wait_for(first.ended(), 15)
            after = await cluster.client.list(resource, cluster.name)
    assert versions(after) == versions(listed)


def versions(listed: kube.ObjectList) -> dict[str, str]:
    return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in listed.items}
