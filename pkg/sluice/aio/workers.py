"""A pool of worker processes for work that would hold up the event loop, or that may crash, hang or eat memory."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar, TypeVarTuple

from sluice.aio import clocks, tasks
from sluice.aio.spawning import Worker, WorkerCrashed, WorkerError, WorkerOutOfMemory, WorkerTimeout
from sluice.aio.worker import Answer, RemoteStack, Terms

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_RESTART_DELAYS: Final = (0.0, 0.5, 2.0, 10.0, 30.0)
_IDLE: Final = 10.0
"""Seconds after which a worker beyond those that are kept ends, if nobody needs it."""


class WorkerPool:
    """Spawned processes, each doing one call at a time: `kept` of them always, up to `size` while there is more to do.

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
        kept: int | None = None,
        clock: clocks.Clock | None = None,
    ) -> None:
        """`kept` is all of `size` when it is not given."""
        self._size = size
        self._kept = size if kept is None else min(kept, size)
        self._helpers = 0
        self._terms = Terms(preload=tuple(preload), memory_bytes=memory_bytes)
        self._clock = clock or clocks.SystemClock()
        self._owner = tasks.TaskOwner()
        # Who was busy last is busy first, so that helpers that are not needed are idle.
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        self.restarts = 0
        """How many workers had to be replaced so far."""

    async def __aenter__(self) -> Self:
        await self._owner.__aenter__()
        starting = [asyncio.create_task(Worker.start(self._terms)) for _ in range(self._kept)]
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

    async def _free(self) -> Worker:
        while True:
            if self._idle.empty() and self._kept + self._helpers < self._size:
                self._helpers += 1
                self._owner.spawn(self._help(), name="helping worker")
            worker = await self._idle.get()
            if worker.alive:
                worker.finished = False
                worker.idle_since = None
                return worker

    def _release(self, worker: Worker) -> None:
        """Back to the others, unless the call did not come to a clean end: then the keeper starts another one."""
        if worker.finished:
            self._rest(worker)
        else:
            worker.kill()

    def _rest(self, worker: Worker) -> None:
        worker.idle_since = self._clock.monotonic()
        self._idle.put_nowait(worker)

    async def _help(self) -> None:
        """Start one more worker than are kept, and end it when it has had nothing to do for a while."""
        try:
            worker = await Worker.start(self._terms)
        except (WorkerError, OSError):
            # The machine has no room for it: those that are there do the work.
            return
        else:
            self._rest(worker)
            await self._until_idle(worker)
        finally:
            self._helpers -= 1

    async def _until_idle(self, worker: Worker) -> None:
        try:
            while worker.idle_since is None or self._clock.monotonic() - worker.idle_since < _IDLE:
                with contextlib.suppress(TimeoutError):
                    await clocks.within(self._clock, _IDLE, worker.process.wait())
                    self.restarts += 1
                    return
            self._dismiss(worker)
        finally:
            await worker.close()

    def _dismiss(self, worker: Worker) -> None:
        """Take an idle worker away from those who look for one."""
        others = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for other in reversed(others):
            if other is not worker:
                self._idle.put_nowait(other)

    async def _keep(self, worker: Worker) -> None:
        """Keep one place of the pool filled."""
        while True:
            self._rest(worker)
            try:
                await worker.process.wait()
            finally:
                await worker.close()
            self.restarts += 1
            worker = await self._replacement()

    async def _replacement(self) -> Worker:
        """Another worker; the machine may be too short of memory or processes to give one at once."""
        for delay in _RESTART_DELAYS[:-1]:
            await self._clock.sleep(delay)
            try:
                return await Worker.start(self._terms)
            except (WorkerError, OSError):
                continue
        await self._clock.sleep(_RESTART_DELAYS[-1])
        return await Worker.start(self._terms)


async def _abandon(starting: Sequence[asyncio.Task[Worker]]) -> None:
    """End workers that are starting or have started, as one of them could not."""
    for task in starting:
        task.cancel()
    for result in await asyncio.gather(*starting, return_exceptions=True):
        if isinstance(result, Worker):
            await result.close()


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
