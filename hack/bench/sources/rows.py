"""The rows by their names, and the order in which they are measured."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from common.figures import Figures
from sources import artifacts, charts, commits, fleets, large, many
from sources.bench import Bench

TOGETHER: Final[dict[str, Callable[[Bench, fleets.Fleet], Awaitable[Figures]]]] = {
    "first": many.first,
    "asked": many.asked,
    "idle": many.idle,
    "resting": many.resting,
}
"""Measured on the same sources, one after the other; each but the first needs them to be in place."""

ALONE: Final[dict[str, Callable[[Bench], Awaitable[Figures]]]] = {
    "commit": commits.commit,
    "large": large.large,
    "registry": artifacts.artifacts,
    "index": charts.index,
}
"""Measured with no other source in the namespace, and by a controller that has done nothing else."""

NAMES: Final = (*TOGETHER, *ALONE)


async def together(bench: Bench, wanted: Collection[str], figures: Figures) -> None:
    """Measure the wanted ones of the many with one program, and add what comes out to the figures as it does."""
    async with fleets.fleet(bench) as fleet:
        for name, row in TOGETHER.items():
            if name == "first" or name in wanted:
                figures |= await row(bench, fleet)
