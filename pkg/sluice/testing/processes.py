"""Child processes: started, waited for until ready, killed, restarted, and never left behind.

A `Process` ends with the program that started it, whichever way that ends; a `Supervisor` starts again what dies on its
own, as a cluster would.
"""

import asyncio
import contextlib
import ctypes
import functools
import os
import pathlib
import random
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import aiohttp

from sluice import aio
from sluice.testing import polling

_PR_SET_PDEATHSIG = 1
_PORTS = random.SystemRandom()

Readiness = Callable[[], Awaitable[bool]]


class ProcessEnded(RuntimeError):
    """A process ended before it was ready; the message has the end of its log."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on.

    It is below the range that Linux takes ports of outgoing connections from (32768 and up): on a busy machine one of
    those is soon taken again, before the process that is told to listen on it has started.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = _PORTS.randrange(20_000, 32_768)
            probe.bind(("127.0.0.1", port))
            return port


def ending(status: int) -> str:
    """How a process ended, in words: `was killed (SIGKILL)`, `ended with exit status 1`."""
    if status < 0:
        return f"was killed ({signal.Signals(-status).name})"
    return f"ended with exit status {status}"


def answers(url: str) -> Readiness:
    """A readiness check: the address answers 200."""

    async def look() -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(url, ssl=False) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    return look


class Process:
    """One child process, whose output is appended to `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: pathlib.Path,
        ready: Readiness,
        metrics_url: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.metrics_url = metrics_url
        self._command = command
        self._ready = ready
        self._environment = {**os.environ, **(environment or {})}
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id of the running child."""
        assert self._child is not None, f"{self.name} was never started"
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the child is there."""
        return self._child is not None and self._child.returncode is None

    async def start(self) -> None:
        """Start the child, without waiting for it to be ready."""
        with self.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                # Ctrl-C is the parent's: it ends its children in order.
                start_new_session=True,
                preexec_fn=functools.partial(_die_with_parent, os.getpid()),
            )

    async def wait_ready(self, seconds: float = 60.0) -> None:
        """Return when the child is ready.

        Raises:
            ProcessEnded: when it ends instead.
            TimeoutError: when it does neither in time.
        """

        async def ready_or_gone() -> bool:
            return not self.running or await self._ready()

        await polling.eventually(ready_or_gone, timeout=seconds, what=f"readiness of {self.name}")
        if not self.running:
            raise ProcessEnded(f"{self.name} ended before it was ready; its log ends with:\n{self.log_tail()}")

    async def ended(self) -> int:
        """Wait for the child's end, and return its exit status."""
        assert self._child is not None, f"{self.name} was never started"
        return await self._child.wait()

    async def stop(self, grace: float = 15.0) -> None:
        """Ask the child to end, and kill it when it has not after `grace` seconds."""
        if not self.running:
            return
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.ended(), grace)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the child at once, as a crash would."""
        self.signal(signal.SIGKILL)
        await self.ended()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the child is gone."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the child's output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def __aenter__(self) -> Self:
        await self.start()
        try:
            await self.wait_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _die_with_parent(parent: int) -> None:
    """Run in the child before its program: the kernel ends it when the parent is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # Whoever was killed before the kernel knew of the wish has left a child that nobody would end.
    if os.getppid() != parent:
        os._exit(1)


class Supervisor:
    """Keeps processes running: one that dies on its own is started again, after a moment that grows.

    `on_exit` is told of each such death: the process, and its exit status. Leaving ends all, last started first.
    """

    def __init__(self, on_exit: Callable[[Process, int], None]) -> None:
        self._on_exit = on_exit
        self._processes: list[Process] = []
        self._tasks = aio.TaskOwner()

    async def add(self, process: Process) -> None:
        """Start a process, wait until it is ready, and keep it running."""
        await process.start()
        self._processes.append(process)
        await process.wait_ready()
        self._tasks.spawn(self._keep(process), name=f"keep {process.name}")

    async def _keep(self, process: Process) -> None:
        pause = 0.1
        while True:
            self._on_exit(process, await process.ended())
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
            await process.start()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._tasks.__aexit__(kind, error, trace)
        for process in reversed(self._processes):
            await process.stop()
