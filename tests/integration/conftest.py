"""A cluster with the real controllers as processes, shared by the integration tests of one worker."""

import contextlib
import pathlib
from collections.abc import AsyncIterator

import pytest

from sluice import kube, testing
from sluice.testing import spaces


@pytest.fixture(scope="session")
async def kubeconfig(
    given_cluster: pathlib.Path | None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[pathlib.Path]:
    """The cluster of the run: the one that --cluster names, else an embedded one without nodes."""
    if given_cluster:
        yield given_cluster
        return
    folder = tmp_path_factory.mktemp("cluster")
    async with testing.embedded_cluster(folder, options=("--simulate=no-nodes",)):
        yield testing.kubeconfig_of(folder)


@pytest.fixture(scope="session")
async def client(kubeconfig: pathlib.Path) -> AsyncIterator[kube.Client]:
    """An administrator's client, on a cluster that has the CRDs."""
    async with await kube.Client.connect(kubeconfig, user_agent="Python") as connected:
        await testing.install_crds(connected)
        yield connected


@pytest.fixture(scope="session")
async def controllers(
    kubeconfig: pathlib.Path, client: kube.Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[testing.Controllers]:
    """All controllers, ready."""
    folder = tmp_path_factory.mktemp("controllers")
    started = testing.Controllers(
        source=testing.source_controller(folder, kubeconfig),
        kustomize=testing.kustomize_controller(folder, kubeconfig),
        helm=testing.helm_controller(folder, kubeconfig),
    )
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(started.source)
        await running.enter_async_context(started.kustomize)
        await running.enter_async_context(started.helm)
        yield started


@pytest.fixture(scope="session")
async def git_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[testing.GitServer]:
    """A Git server over smart HTTP."""
    async with testing.GitServer(tmp_path_factory.mktemp("git")) as server:
        yield server


@pytest.fixture
async def space(
    request: pytest.FixtureRequest, client: kube.Client, git_server: testing.GitServer, controllers: testing.Controllers
) -> AsyncIterator[testing.Space]:
    """A namespace and a repository for one test, both named after it."""
    made = testing.Space(client, git_server, spaces.name_for(request.node.name.removeprefix("test_")))
    await made.create()
    yield made
    await made.delete()
