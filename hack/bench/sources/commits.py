"""How soon a commit to a small repository is an artifact, from asking the source."""

import asyncio

from common.figures import Figures, begin, end, spread
from sources import fleets, many
from sources.bench import Bench

NAME = "small"
_PAUSE = 0.2
"""Seconds from one sample to the next: nobody commits in the moment in which the last commit was done."""


async def commit(bench: Bench) -> Figures:
    """Commits of one file, one after the other; and what each costs at the server."""
    repository = bench.server.repository(NAME)
    many.fill(repository, NAME)
    async with fleets.fleet(bench) as fleet:
        await fleet.create({NAME: bench.server.url(NAME)})
        begin(f"commits to a small repository, {bench.samples} times")
        took = []
        bench.server.requests.clear()
        for number in range(bench.samples):
            await asyncio.sleep(_PAUSE)
            made = repository.commit({"changed.yaml": f"number: {number}\n"})
            took.append(await fleet.ask([NAME], made))
        requests = len(bench.server.requests) / bench.samples
        return end({**spread("commit to artifact", took), "commit to artifact, Git requests": f"{requests:.1f}"})
