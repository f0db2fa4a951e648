"""What every test lives by: real tools are there or named as missing, and no task outlives its test."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator

import pytest

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
    config.addinivalue_line("markers", "needs(*tools): drives real programs; without them it is left out, by name")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out: dict[str, list[pytest.Item]] = {}
    for item in items:
        if asyncio.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.usefixtures("no_task_is_left"))
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


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task running: what started it has not ended it."""
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if not task.done()]
    assert not left, f"tasks outlive the test: {left}"
