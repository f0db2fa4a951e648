"""What every row is measured with: one cluster, the controllers of one program, and how much is asked for."""

import asyncio
from dataclasses import dataclass

from mttp import meters
from sluice import kube, testing

_FOR_PERCENTILES = 20

Figures = dict[str, str]
"""What was measured, as it is printed, by the name of its line."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One program at work."""

    client: kube.Client
    server: testing.GitServer
    controllers: testing.Controllers
    meter: meters.Meter
    """Of the controller of Kustomizations."""
    count: int
    """Kustomizations in place."""
    samples: int
    """How often that is repeated whose percentiles are asked for."""
    holds: bool
    """Whether the program puts back by itself what others change."""


def begin(what: str) -> None:
    """Tell what is being measured."""
    print(f"  {what} ...", end="", flush=True)


def end(figures: Figures) -> Figures:
    """Tell what came out, each figure without the head of its name, and return it."""
    print(" " + ", ".join(f"{name.partition(', ')[2] or name} {text}" for name, text in figures.items()), flush=True)
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
