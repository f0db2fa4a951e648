"""One worker process, as its parent has it, and the ways in which a call to one fails."""

from __future__ import annotations

import asyncio
import pickle
import signal
import socket
import sys
from asyncio.subprocess import Process

from sluice.aio.worker import HEADER, Answer, Terms


class WorkerError(Exception):
    """A call failed for the worker's sake, not for what the function raised."""


class WorkerCrashed(WorkerError):
    """The process ended during the call: a native crash, or the system killed it."""


class WorkerTimeout(WorkerError):
    """The call took longer than it may; its process was killed."""


class WorkerOutOfMemory(WorkerError):
    """The call wanted more memory than a worker may take."""


class Worker:
    """The parent's side of one process."""

    idle_since: float | None = None
    """When (monotonic) it came to rest; None while it works."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.process = process
        self.finished = True
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, terms: Terms) -> Worker:
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
        """Whether the process is there, as far as is known."""
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
