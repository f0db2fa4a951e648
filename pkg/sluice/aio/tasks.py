"""Tasks that have an owner and a name: none outlives its owner, none fails unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class TaskOwner:
    """Owns background tasks: leaving the block cancels and awaits them all.

    The first task that fails cancels the block's body and its siblings; its exception leaves the block. Where an
    `asyncio.TaskGroup` waits for its tasks, an owner ends them, as services have no end of their own.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._parent: asyncio.Task[Any] | None = None
        self._failure: BaseException | None = None
        self._leaving = False

    async def __aenter__(self) -> Self:
        self._parent = asyncio.current_task()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        told_to_stop = isinstance(exc, asyncio.CancelledError)
        try:
            await self.close()
        except asyncio.CancelledError:
            # A failing task cancels the body; when the body had just ended, the cancellation arrives only here.
            told_to_stop = True
            if self._failure is None:
                raise
        if self._failure is not None and (exc is None or told_to_stop):
            if told_to_stop and self._parent is not None:
                self._parent.uncancel()
            raise self._failure

    def spawn(self, coroutine: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start a task. Should it fail, the block ends with its exception."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def close(self) -> None:
        """Cancel what still runs and wait for its end; safe to call more than once."""
        self._leaving = True
        interrupted: asyncio.CancelledError | None = None
        told: set[asyncio.Task[Any]] = set()
        while running := {task for task in self._tasks if not task.done()}:
            for task in running - told:  # once each: a second cancellation would break into its cleaning up
                task.cancel()
            told |= running
            try:
                await asyncio.wait(running)
            except asyncio.CancelledError as error:
                interrupted = error  # no task may outlive its owner, not even when the owner is in a hurry
        if interrupted is not None:
            raise interrupted

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None or self._failure is not None:
            return
        self._failure = task.exception()
        if not self._leaving and self._parent is not None:
            self._parent.cancel(f"task {task.get_name()} failed")
