"""One large repository: its first artifact, and that of a commit of one file."""

import asyncio
import random

from common.figures import Figures, begin, end, percentile, seconds, settle
from sluice.testing.git import Repository
from sources import fleets
from sources.bench import Bench

FILES, SIZE = 20_000, 8_000
NAME = "large"
_WORDS = 4000
_COMMITS = 5


async def large(bench: Bench) -> Figures:
    """The repository is packed on its server, as a server keeps it."""
    begin(f"making a repository of {FILES} files")
    repository = bench.server.repository(NAME)
    await asyncio.to_thread(_fill, repository)
    await _repack(repository)
    end({})
    async with fleets.fleet(bench) as fleet:
        await settle()
        begin("first artifact")
        await bench.meter.begin()
        took = await fleet.create({NAME: bench.server.url(NAME)}, timeout="5m")
        used = await bench.meter.used()
        figures = end(
            {
                "large, first artifact": seconds(took),
                "large, first artifact, CPU": seconds(used.cpu),
                "large, memory at peak": f"{bench.meter.peak():.0f} MiB",
            }
        )
        return {**figures, **await _commits(bench, fleet, repository)}


async def _commits(bench: Bench, fleet: fleets.Fleet, repository: Repository) -> Figures:
    begin(f"commits of one file, {_COMMITS} times")
    took, cpu = [], []
    for number in range(_COMMITS):
        commit = repository.commit({f"dir-{number * 37 % 200}/file-{number * 37 % 200}.yaml": f"changed: {number}\n"})
        await settle()
        await bench.meter.begin()
        took.append(await fleet.ask([NAME], commit))
        cpu.append((await bench.meter.used()).cpu)
    return end(
        {
            "large, commit of one file, p50": seconds(percentile(took, 0.5)),
            "large, commit of one file, CPU, p50": seconds(percentile(cpu, 0.5)),
            "large, memory at rest": f"{bench.meter.memory():.0f} MiB",
        }
    )


def _fill(repository: Repository) -> None:
    """Text of words in an order that chance gives, so that it packs about as well as manifests do."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 10))) for _ in range(_WORDS)]
    repository.commit({f"dir-{index % 200}/file-{index}.yaml": _text(chance, words) for index in range(FILES)})


def _text(chance: random.Random, words: list[str]) -> str:
    text = ""
    while len(text) < SIZE:
        text += f"{chance.choice(words)}: {' '.join(chance.choices(words, k=8))}\n"
    return text[:SIZE]


async def _repack(repository: Repository) -> None:
    process = await asyncio.create_subprocess_exec("git", "-C", str(repository.path), "repack", "-adq")
    if await process.wait():
        raise RuntimeError("the repository could not be packed")
