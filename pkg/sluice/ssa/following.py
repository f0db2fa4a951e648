"""Watches that are shared by all who ask for them, and end with the last one who does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from sluice import aio, kube

Scope = TypeVar("Scope", bound=Hashable)
"""What one watch covers."""

_SYNC_SECONDS: Final = 5.0


@dataclass(frozen=True)
class _Running:
    informer: kube.Informer
    task: asyncio.Task[None]


class Following(Generic[Scope]):
    """Keeps the watches. What an asker wants costs by how much it changes, not by how many askers there are."""

    def __init__(self, what: str, *, tasks: aio.TaskOwner, clock: aio.Clock) -> None:
        """`what` names the watches among the tasks."""
        self._what = what
        self._tasks = tasks
        self._clock = clock
        self._wanted: dict[Hashable, frozenset[Scope]] = {}
        self._askers: Counter[Scope] = Counter()
        self._running: dict[Scope, _Running] = {}

    def want(self, asker: Hashable, scopes: Iterable[Scope]) -> list[Scope]:
        """Have the asker want these and no others any more; those of them that nobody has started yet."""
        wanted, before = frozenset(scopes), self._wanted.pop(asker, frozenset())
        if wanted:
            self._wanted[asker] = wanted
        self._askers.update(wanted - before)
        for scope in before - wanted:
            self._leave(scope)
        return [scope for scope in wanted if scope not in self._running]

    def start(self, scope: Scope, make: Callable[[], kube.Informer]) -> None:
        """Start a watch, unless somebody has meanwhile, or nobody wants it any more."""
        if scope in self._running or scope not in self._askers:
            return
        informer = make()
        task = self._tasks.spawn(informer.run(), name=f"{informer.name} ({self._what})")
        self._running[scope] = _Running(informer, task)

    async def synced(self, scopes: Iterable[Scope]) -> None:
        """Return when these can be seen, or after a few seconds: some never can, for want of the right to list."""
        waits = [running.informer.wait_synced() for scope in scopes if (running := self._running.get(scope))]
        try:
            await aio.within(self._clock, _SYNC_SECONDS, asyncio.gather(*waits))
        except TimeoutError:
            return

    def get(self, scope: Scope) -> kube.Informer | None:
        """The watch of a scope, None when there is none."""
        running = self._running.get(scope)
        return running.informer if running is not None else None

    def _leave(self, scope: Scope) -> None:
        self._askers[scope] -= 1
        if self._askers[scope]:
            return
        del self._askers[scope]
        running = self._running.pop(scope, None)
        if running is not None:
            running.task.cancel()
