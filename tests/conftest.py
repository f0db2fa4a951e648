"""What every test lives by: real tools are there or named as missing, and no task outlives its test.

A test that asks for `given_cluster` is an integration test: it runs against the cluster that --cluster names, or
against an embedded one.
"""

import asyncio
import os
import pathlib
import shutil
import sys
from collections.abc import AsyncIterator

import pytest

from sluice import kube, testing

TOOLS = os.path.join(sys.prefix, "tools")
"""Where hack/test-tools puts what it unpacks: first, as that is of a known version."""
SERVERS = ("/usr/sbin", "/usr/lib/git-core")
"""Where servers are that are outside a user's PATH."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster", metavar="KUBECONFIG", help="run the integration tests against this cluster, not an embedded one"
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ["PATH"] = os.pathsep.join((TOOLS, os.environ.get("PATH", ""), *SERVERS))
    if config.getoption("--cluster") and config.getoption("numprocesses", None):
        raise pytest.UsageError("one cluster has one set of controllers: with --cluster, run without --numprocesses")
    config.addinivalue_line("markers", "needs(*tools): drives real programs; without them it is left out, by name")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "given_cluster" in asked_for(item):
            item.add_marker(pytest.mark.integration)
        if asyncio.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.usefixtures("no_task_is_left"))
    if config.getoption("--cluster"):
        # Tests that bring a controller of their own come before those of the session, which look at every namespace.
        items.sort(key=lambda item: "controllers" in asked_for(item))
    leave_out_what_lacks_tools(config, items)


def asked_for(item: pytest.Item) -> list[str]:
    """The fixtures of a test, those that its fixtures ask for included."""
    return list(getattr(item, "fixturenames", ()))


def leave_out_what_lacks_tools(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run here, to be told at the end; where nothing may be left out, fail."""
    left_out: dict[str, list[pytest.Item]] = {}
    for item in items:
        if missing := missing_tools(item):
            left_out.setdefault(missing, []).append(item)
    if left_out and os.environ.get("CI"):
        raise pytest.UsageError(f"nothing may be left out in CI, but there is no {', '.join(sorted(left_out))}")
    for tool, tests in left_out.items():
        config.hook.pytest_deselected(items=tests)
        config.stash.setdefault(LEFT_OUT, []).append(f"{len(tests)} tests need {tool}: run hack/test-tools to add it")
        items[:] = [item for item in items if item not in tests]


LEFT_OUT = pytest.StashKey[list[str]]()


def missing_tools(item: pytest.Item) -> str:
    """The tools that a test needs and that are not on this machine."""
    needed = {tool for marker in item.iter_markers("needs") for tool in marker.args}
    return " ".join(sorted(tool for tool in needed if shutil.which(tool) is None))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(f"LEFT OUT: {line}", yellow=True)


@pytest.fixture(scope="session")
async def given_cluster(request: pytest.FixtureRequest) -> AsyncIterator[pathlib.Path | None]:
    """The kubeconfig that --cluster names, its cluster cleared of what tests left; None: start an embedded cluster."""
    given = request.config.getoption("--cluster")
    if given is None:
        yield None
        return
    try:
        async with testing.borrowed_cluster(pathlib.Path(given)) as kubeconfig:
            yield kubeconfig
    except (testing.ClusterInUse, kube.KubeError) as refused:
        pytest.exit(f"no tests against this cluster: {refused}", returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
async def kubeconfig(
    given_cluster: pathlib.Path | None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[pathlib.Path]:
    """The cluster of the run: the one that --cluster names, else an embedded one; either has the CRDs."""
    if given_cluster:
        await install_crds(given_cluster)
        yield given_cluster
        return
    folder = tmp_path_factory.mktemp("cluster")
    async with testing.embedded_cluster(folder):
        found = testing.kubeconfig_of(folder)
        await install_crds(found)
        yield found


async def install_crds(kubeconfig: pathlib.Path) -> None:
    """Install the CRDs where they are missing."""
    async with await kube.Client.connect(kubeconfig, user_agent="tests") as administrator:
        await testing.install_crds(administrator)


@pytest.fixture
async def client(kubeconfig: pathlib.Path) -> AsyncIterator[kube.Client]:
    """An administrator's client of the test's own, so that nobody else's requests are seen in it."""
    async with await kube.Client.connect(kubeconfig, user_agent="tests") as connected:
        yield connected


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task running: what started it has not ended it."""
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if not task.done()]
    assert not left, f"tasks outlive the test: {left}"
