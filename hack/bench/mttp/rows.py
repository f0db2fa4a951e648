"""The rows by their names, and the order in which they are measured."""

import functools
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from common.figures import Figures
from mttp import apps, going, moving, resting, waiting
from mttp.bench import Bench
from mttp.fleets import Fleet

TOGETHER: Final[dict[str, Callable[[Bench, Fleet], Awaitable[Figures]]]] = {
    "install": going.install,
    "upgrade": going.upgrade,
    "asked": going.asked,
    "commit": moving.commit,
    "edit": moving.edit,
    "idle": resting.idle,
    "restart": resting.restart,
    "shared": moving.shared,
}
"""Measured on the same N, one after the other; each but the first needs them to be in place."""

ALONE: Final[dict[str, Callable[[Bench], Awaitable[Figures]]]] = {
    "chain": waiting.chain,
    "stuck": functools.partial(waiting.stuck, healthy=100, hopeless=40),
    "stuck-many": functools.partial(waiting.stuck, healthy=500, hopeless=500),
}
"""Measured with nothing else on the cluster, whatever N is."""

GROWING: Final = ("install", "upgrade", "asked")
"""Measured for a tenth of N, too, where `growth` is asked for."""

NAMES: Final = ("floor", *TOGETHER, *ALONE, "growth")
USUAL: Final = tuple(name for name in NAMES if name not in ("stuck-many", "growth"))


async def measure(bench: Bench, wanted: Collection[str], figures: Figures) -> None:
    """Measure these rows with one program, and add what comes out to the figures as it does."""
    if any(name in wanted for name in TOGETHER):
        await _together(bench, wanted, figures)
    for name, row in ALONE.items():
        if name in wanted:
            figures |= await row(bench)


async def _together(bench: Bench, wanted: Collection[str], figures: Figures) -> None:
    peak = 0.0
    async with Fleet(bench.client, bench.server, "bench", apps.folder("app")) as fleet:
        for name, row in TOGETHER.items():
            needed = name == "install" or name in wanted
            if needed and (bench.holds or name != "edit"):
                if name == "restart":
                    # The next process has peaks of its own.
                    peak = bench.meter.peak()
                figures |= await row(bench, fleet)
        figures["memory at peak"] = f"{max(peak, bench.meter.peak()):.0f} MiB"
