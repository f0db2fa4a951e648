"""Artifacts on their way. One that takes long is waited for without a worker: others have artifacts that are there."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from sluice import aio
from sluice.appliers.artifacts import Artifacts
from sluice_api.source import v1 as sourcev1

_PATIENCE: Final = 1.0
"""Seconds that a pass waits: most artifacts are there by then."""
_SHARED_SECONDS: Final = 1.0
"""How long a failure is told to all who waited for the same artifact, before somebody may try again."""

Outcome = pathlib.Path | Exception


class StillFetching(Exception):
    """It takes longer: the artifact's token is notified when it is there, or has failed. Subscribe to it at once."""


@dataclass(kw_only=True)
class _UnderWay:
    task: asyncio.Task[Outcome]
    ended: float = float("inf")
    awaited: bool = False
    """Whether somebody has to be told of its end: whoever is still there when it ends sees it."""


class Downloads:
    """Fetches in the background, each artifact once."""

    def __init__(
        self, artifacts: Artifacts, *, tasks: aio.TaskOwner, changed: Callable[[Hashable], None], clock: aio.Clock
    ) -> None:
        self._artifacts = artifacts
        self._tasks = tasks
        self._changed = changed
        self._clock = clock
        self._under_way: dict[Hashable, _UnderWay] = {}

    async def folder(self, wanted: sourcev1.Artifact, *, seconds: float) -> pathlib.Path:
        """The folder of the artifact; whoever asks first says how long it may take.

        Raises:
            StillFetching: not yet.
            Exception: what `Artifacts.fetch` raises.
        """
        found = self._under_way.get(token_of(wanted))
        if found is None or self._clock.monotonic() - found.ended > _SHARED_SECONDS:
            found = self._start(wanted, seconds)
        try:
            outcome = await aio.within(self._clock, _PATIENCE, asyncio.shield(found.task))
        except TimeoutError:
            if not found.task.done():
                found.awaited = True
                raise StillFetching from None
            outcome = found.task.result()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _start(self, wanted: sourcev1.Artifact, seconds: float) -> _UnderWay:
        task = self._tasks.spawn(self._fetch(wanted, seconds), name=f"fetch of {wanted.digest}")
        made = self._under_way[token_of(wanted)] = _UnderWay(task=task)
        return made

    async def _fetch(self, wanted: sourcev1.Artifact, seconds: float) -> Outcome:
        outcome: Outcome
        try:
            outcome = await self._artifacts.fetch(wanted, seconds=seconds)
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for it
            outcome = error
        self._end(token_of(wanted), outcome)
        return outcome

    def _end(self, token: Hashable, outcome: Outcome) -> None:
        ended, now = self._under_way.pop(token), self._clock.monotonic()
        if isinstance(outcome, Exception):
            ended.ended = now
            recent = {key: one for key, one in self._under_way.items() if one.ended > now - _SHARED_SECONDS}
            self._under_way = {**recent, token: ended}
        if ended.awaited:
            self._changed(token)


def token_of(wanted: sourcev1.Artifact) -> Hashable:
    """What is notified when a fetch ends."""
    return ("artifact", wanted.digest, wanted.url)
