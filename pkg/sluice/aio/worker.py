"""What runs inside a worker process: one job at a time off a socket, until the socket ends.

Frames are an 8-byte length and a pickle. The first frame is the `Terms`; the answer to it, and to every job after it,
is an `Answer`.
"""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import select
import signal
import socket
import struct
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HEADER: Final = struct.Struct("!Q")
EXIT_MEMORY: Final = 97
"""The exit status after a job ran out of memory: a heap in that state serves no further job."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker is told before its first job."""

    preload: tuple[str, ...]
    memory_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a job ended: with `value`, or with `error` and the text of its stack."""

    value: Any = None
    error: BaseException | None = None
    stack: str = ""


class RemoteError(Exception):
    """Stands in for a job's exception that cannot be pickled: its type and text."""


class RemoteStack(Exception):
    """The cause of an exception that a job raised: where in the worker it came from."""


def main(descriptor: int) -> None:
    """Serve jobs from the inherited socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends its workers
    sys.stdout = sys.stderr  # standard output belongs to the parent alone
    connection = socket.socket(fileno=descriptor)
    threading.Thread(target=_die_with_parent, args=(descriptor,), name="lifeline", daemon=True).start()
    terms: Terms = pickle.loads(_receive(connection))  # noqa: S301 - from our own parent
    _send(connection, _prepare(terms))
    while True:
        function, arguments = pickle.loads(_receive(connection))  # noqa: S301 - from our own parent
        answer = _answer(function, arguments)
        _send(connection, answer)
        if isinstance(answer.error, MemoryError):
            os._exit(EXIT_MEMORY)


def _prepare(terms: Terms) -> Answer:
    try:
        for module in terms.preload:
            importlib.import_module(module)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if terms.memory_bytes is not None:
            limit = _address_space() + terms.memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except Exception as error:  # noqa: BLE001 - whatever keeps a worker from starting is the parent's to report
        return _failure(error)
    return Answer()


def _answer(function: Any, arguments: tuple[Any, ...]) -> Answer:
    try:
        return Answer(value=function(*arguments))
    except MemoryError:
        # Nothing is kept of the job's frames: they hold the memory that the answer needs.
        return Answer(error=MemoryError())
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the caller gets what the job raised
        return _failure(error)


def _failure(error: BaseException) -> Answer:
    stack = "".join(traceback.format_exception(error))
    try:
        # An exception may pickle and still not come back to life.
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - any failure of foreign code to pickle means the same
        error = RemoteError(f"{type(error).__name__}: {error}")
    return Answer(error=error.with_traceback(None), stack=stack)


def _send(connection: socket.socket, answer: Answer) -> None:
    try:
        frame = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - the result does not pickle: the caller must hear that
        frame = pickle.dumps(_failure(error), pickle.HIGHEST_PROTOCOL)
    connection.sendall(HEADER.pack(len(frame)))
    connection.sendall(frame)


def _receive(connection: socket.socket) -> bytearray:
    (length,) = HEADER.unpack(_exactly(connection, HEADER.size))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytearray:
    frame = bytearray(length)
    view = memoryview(frame)
    while view:
        count = connection.recv_into(view)
        if not count:
            os._exit(0)  # the parent is gone or wants no more
        view = view[count:]
    return frame


def _die_with_parent(descriptor: int) -> None:
    """A job may run for long without looking at the socket; this thread notices that the other end is gone."""
    poller = select.poll()
    poller.register(descriptor, 0)  # hang-up is always reported
    poller.poll()
    os._exit(0)


def _address_space() -> int:
    """The bytes of address space in use, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
