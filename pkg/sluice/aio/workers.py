"""A pool of worker processes for work that would hold up the event loop, or that may crash, hang or eat memory."""

from __future__ import annotations

import asyncio
import pickle
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar, TypeVarTuple

from sluice.aio import clocks, tasks
from sluice.aio.worker import HEADER, Answer, RemoteStack, Terms

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_RESTART_DELAYS: Final = (0.0, 0.5, 2.0, 10.0, 30.0)


class WorkerError(Exception):
    """A call failed for the worker's sake, not for what the function raised."""


class WorkerCrashed(WorkerError):
    """The process ended during the call: a native crash, or the system killed it."""


class WorkerTimeout(WorkerError):
    """The call took longer than it may; its process was killed."""


class WorkerOutOfMemory(WorkerError):
    """The call wanted more memory than a worker may take."""


class WorkerPool:
    """A fixed number of spawned processes, each doing one call at a time.

    A call that crashes, hangs, eats too much memory or is cancelled costs that call alone: its process is killed and
    replaced. Workers are started beforehand with `preload` imported, ignore SIGINT, and die with this process.
    Functions and arguments are pickled: give them importable functions, paths and plain data. What comes back is
    unpickled on the event loop, so a function with much to say better returns bytes.

    `memory_bytes` is what a call may allocate on top of what a worker takes when it is ready (address space).
    """

    def __init__(
        self,
        size: int,
        *,
        preload: Sequence[str] = (),
        memory_bytes: int | None = None,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._size = size
        self._terms = Terms(preload=tuple(preload), memory_bytes=memory_bytes)
        self._clock = clock or clocks.SystemClock()
        self._owner = tasks.TaskOwner()
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self.restarts = 0
        """How many workers had to be replaced so far."""

    async def __aenter__(self) -> Self:
        await self._owner.__aenter__()
        starting = [asyncio.create_task(_Worker.start(self._terms)) for _ in range(self._size)]
        try:
            first = await asyncio.gather(*starting)
        except BaseException:
            await _abandon(starting)
            raise
        for number, worker in enumerate(first, start=1):
            self._owner.spawn(self._keep(worker), name=f"worker {number}")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._owner.__aexit__(exc_type, exc, traceback)

    async def run(
        self,
        function: Callable[[*Ts], T],
        *arguments: *Ts,
        timeout: float | None = None,  # noqa: ASYNC109 - measured by the pool's clock, from the start of the work
        repeatable: bool = False,
    ) -> T:
        """Call the function in a worker, waiting for a free one first; `timeout` counts from when it has one.

        A `repeatable` call whose process ends is made once more: the system may have ended it for want of memory.

        Raises:
            WorkerError: see its subclasses. Whatever the function raises is raised as it is, where it pickles.
        """
        job = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            answer = await self._answer(job, _name(function), timeout)
        except WorkerCrashed:
            if not repeatable:
                raise
            answer = await self._answer(job, _name(function), timeout)
        if isinstance(answer.error, MemoryError):
            raise WorkerOutOfMemory(f"{_name(function)} ran out of memory")
        if answer.error is not None:
            raise answer.error from RemoteStack(f"in a worker:\n{answer.stack}")
        result: T = answer.value
        return result

    async def _answer(self, job: bytes, name: str, seconds: float | None) -> Answer:
        worker = await self._free()
        try:
            call = worker.call(job)
            answer = await (call if seconds is None else clocks.within(self._clock, seconds, call))
        except TimeoutError:
            raise WorkerTimeout(f"{name} took longer than {seconds:g}s") from None
        except (EOFError, ConnectionError):
            raise WorkerCrashed(f"{name} crashed its process ({await worker.ending()})") from None
        else:
            worker.finished = not isinstance(answer.error, MemoryError)
            return answer
        finally:
            self._release(worker)

    async def _free(self) -> _Worker:
        while True:
            worker = await self._idle.get()
            if worker.alive:
                worker.finished = False
                return worker

    def _release(self, worker: _Worker) -> None:
        """Back to the others, unless the call did not come to a clean end: then the keeper starts another one."""
        if worker.finished:
            self._idle.put_nowait(worker)
        else:
            worker.kill()

    async def _keep(self, worker: _Worker) -> None:
        """Keep one place of the pool filled."""
        while True:
            self._idle.put_nowait(worker)
            try:
                await worker.process.wait()
            finally:
                await worker.close()
            self.restarts += 1
            worker = await self._replacement()

    async def _replacement(self) -> _Worker:
        """Another worker; the machine may be too short of memory or processes to give one at once."""
        for delay in _RESTART_DELAYS[:-1]:
            await self._clock.sleep(delay)
            try:
                return await _Worker.start(self._terms)
            except (WorkerError, OSError):
                continue
        await self._clock.sleep(_RESTART_DELAYS[-1])
        return await _Worker.start(self._terms)


class _Worker:
    """The parent's side of one process."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.process = process
        self.finished = True
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, terms: Terms) -> _Worker:
        """Spawn a process and wait until it is ready for jobs."""
        ours, theirs = socket.socketpair()
        with theirs:
            path = [entry for entry in sys.path if entry]
            program = (
                f"import sys; sys.path[:] = {path!r}; from sluice.aio import worker; worker.main({theirs.fileno()})"
            )
            reader, writer = await asyncio.open_connection(sock=ours)
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", program, stdin=asyncio.subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
                )
            except BaseException:
                writer.close()
                raise
        worker = cls(process, reader, writer)
        try:
            await worker._greet(terms)
        except BaseException:
            await worker.close()
            raise
        return worker

    async def _greet(self, terms: Terms) -> None:
        try:
            answer = await self.call(pickle.dumps(terms))
        except (EOFError, ConnectionError):
            raise WorkerCrashed(f"a worker did not start ({await self.ending()})") from None
        if answer.error is not None:
            raise WorkerError(f"a worker did not start: {answer.error}") from answer.error

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def call(self, job: bytes) -> Answer:
        """Send one frame, receive one."""
        self._writer.write(HEADER.pack(len(job)))
        self._writer.write(job)
        await self._writer.drain()
        (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
        answer: Answer = pickle.loads(await self._reader.readexactly(length))  # noqa: S301 - our own process
        return answer

    def kill(self) -> None:
        """End the process now; what it does has no side effects worth waiting for."""
        if self.alive:
            self.process.kill()

    async def ending(self) -> str:
        """How the process ended, in words."""
        # A process that closed its socket but lives on would be waited for in vain.
        timer = asyncio.get_running_loop().call_later(1.0, self.kill)
        code = await self.process.wait()
        timer.cancel()
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    async def close(self) -> None:
        """Kill, reap, and free the socket."""
        self.kill()
        self._writer.close()
        await self.process.wait()


async def _abandon(starting: Sequence[asyncio.Task[_Worker]]) -> None:
    """End workers that are starting or have started, as one of them could not."""
    for task in starting:
        task.cancel()
    for result in await asyncio.gather(*starting, return_exceptions=True):
        if isinstance(result, _Worker):
            await result.close()


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
