"""What comes out of a measurement, and how it is told while it goes on."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

AT_ONCE = 20
"""Requests of ours under way, where we have many to make."""
_FOR_PERCENTILES = 20

T = TypeVar("T")

Figures = dict[str, str]
"""What was measured, as it is printed, by the name of its line."""


def begin(what: str) -> None:
    """Tell what is being measured: on stderr, as all progress."""
    print(f"  {what} ...", end="", flush=True, file=sys.stderr)


def end(figures: Figures) -> Figures:
    """Tell what came out, each figure without the head of its name, and return it."""
    told = ", ".join(f"{name.partition(', ')[2] or name} {text}" for name, text in figures.items())
    print(f" {told}", flush=True, file=sys.stderr)
    return figures


def seconds(value: float) -> str:
    """Seconds, as exact as they mean something."""
    return f"{value:.3f} s" if value < 1 else f"{value:.1f} s"


def percentile(values: list[float], share: float) -> float:
    """The least of the values that this share of them does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def spread(name: str, values: list[float]) -> Figures:
    """The median of a series, its 95th percentile if it is long enough to have one, and the worst."""
    figures = {f"{name}, p50": seconds(percentile(values, 0.5))}
    if len(values) >= _FOR_PERCENTILES:
        figures[f"{name}, p95"] = seconds(percentile(values, 0.95))
    return {**figures, f"{name}, worst of {len(values)}": seconds(max(values))}


async def settle() -> None:
    """Let what was done before come to an end."""
    await asyncio.sleep(2)


async def each(items: Iterable[T], work: Callable[[T], Awaitable[object]]) -> None:
    """Do it for all, in order, so many at once."""
    queue = list(items)[::-1]

    async def worker() -> None:
        while queue:
            await work(queue.pop())

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
