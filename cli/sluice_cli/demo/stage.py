"""What the demo plays on: cluster, controllers and Git server, started, kept running, and ended."""

import asyncio
import contextlib
import importlib.resources
import pathlib
import time
from importlib.resources.abc import Traversable
from types import TracebackType
from typing import Self

from sluice import kube, testing
from sluice.testing import processes
from sluice_cli import log_lines
from sluice_cli.demo import narration
from sluice_cli.failures import Failure

BRANCH = "main"
_LOG_LINES = 8


class Stage:
    """Everything that the story needs, in one folder; entering starts it, leaving ends it."""

    client: kube.Client
    checkout: testing.Checkout

    def __init__(self, folder: pathlib.Path, narrator: narration.Narrator) -> None:
        self._folder = folder
        self._narrator = narrator
        self._open = contextlib.AsyncExitStack()
        self._processes: list[testing.Process] = []

    @property
    def kubeconfig(self) -> pathlib.Path:
        """The kubeconfig of the cluster's administrator."""
        return testing.kubeconfig_of(self._folder)

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opening:
            await self._set_up(opening)
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def _set_up(self, opening: contextlib.AsyncExitStack) -> None:
        self._narrator.chapter("A cluster, two controllers and a Git server start")
        supervisor = await opening.enter_async_context(testing.Supervisor(self._restarted))
        await self._start(supervisor, testing.embedded_cluster(self._folder))
        self.client = await opening.enter_async_context(
            await kube.Client.connect(self.kubeconfig, user_agent="sluice-demo")
        )
        await self._install_crds()
        await self._start(
            supervisor,
            testing.source_controller(self._folder, self.kubeconfig),
            testing.kustomize_controller(self._folder, self.kubeconfig),
        )
        with self._narrator.step("Starting a Git server over smart HTTP") as step:
            server = await opening.enter_async_context(testing.GitServer(self._folder / "git"))
            server.repository("my-app")
            self.checkout = testing.Checkout(server.url("my-app"), self._folder / "checkout")
            step.seen = f"an empty Git repository is at {self.checkout.url}"

    async def _start(self, supervisor: testing.Supervisor, *started: testing.Process) -> None:
        """Start processes side by side, and see each ready."""
        self._processes += started
        names = " and ".join(process.name for process in started)
        try:
            with self._narrator.waiting(f"Starting {names}"):
                async with asyncio.TaskGroup() as starting:
                    for process in started:
                        starting.create_task(self._see_ready(supervisor, process), name=f"start {process.name}")
        except* (testing.ProcessEnded, TimeoutError) as failures:
            raise Failure(str(failures.exceptions[0])) from None

    async def _see_ready(self, supervisor: testing.Supervisor, process: testing.Process) -> None:
        began = time.monotonic()
        await supervisor.add(process)
        self._narrator.seen(f"{process.name} is ready (process {process.pid})", time.monotonic() - began)

    async def _install_crds(self) -> None:
        with self._narrator.step("Installing the CRDs") as step:
            await testing.install_crds(self.client)
            step.seen = "the cluster knows GitRepository and Kustomization"

    def _restarted(self, process: testing.Process, status: int) -> None:
        self._narrator.warn(f"{process.name} {processes.ending(status)}; starting it again")

    def logs(self) -> list[str]:
        """The end of every process's log, readable."""
        return [
            log_lines.readable(process.name, line)
            for process in self._processes
            for line in process.log_tail(_LOG_LINES).splitlines()
        ]


def first_commit() -> dict[str, str]:
    """The files that are committed first, by path."""
    root = importlib.resources.files("sluice_cli.demo") / "repository"
    return dict(_files(root, ""))


def _files(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        found += _files(entry, f"{path}/") if entry.is_dir() else [(path, entry.read_text(encoding="utf-8"))]
    return found
