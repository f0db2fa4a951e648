"""Running the same thing on many objects, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby
from typing import TypeVar

from sluice.ssa import identities, ordering

T = TypeVar("T")
R = TypeVar("R")


async def each(items: Iterable[T], work: Callable[[T], Awaitable[R]], *, limit: int) -> list[R]:
    """The results in the order of the items; at most `limit` run at once. The first failure ends the others."""
    gate = asyncio.Semaphore(limit)

    async def one(item: T) -> R:
        async with gate:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def by_kind(items: Iterable[T], identity: Callable[[T], identities.Identity]) -> list[list[T]]:
    """Neighbours of one kind together: their order among themselves does not matter."""
    return [list(batch) for _, batch in groupby(items, key=lambda item: ordering.batch(identity(item)))]
