"""The demo, as a newcomer runs it: every step seen, whatever process dies on the way."""

import asyncio
import os
import re
import signal
import sys

import pytest

LIMIT = 60.0


async def run_demo(kill: str = "", after: str = "") -> tuple[int, str]:
    """Run `sluice demo --once`; kill the process `kill` once the line with `after` is printed. Status and output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sluice_cli", "demo", "--once"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
    )
    assert process.stdout is not None
    lines: list[str] = []
    victim = 0
    async for raw in process.stdout:
        lines.append(raw.decode())
        if found := re.search(rf"{kill} is ready \(process (\d+)\)", lines[-1]) if kill else None:
            victim = int(found.group(1))
        if victim and after in lines[-1]:
            os.kill(victim, signal.SIGKILL)
            victim = 0
    return await process.wait(), "".join(lines)


@pytest.mark.needs("git-http-backend")
async def test_every_step_of_the_demo_is_seen() -> None:
    async with asyncio.timeout(LIMIT):
        status, output = await run_demo()
    assert status == 0, output
    for seen in ("cloned:", "built:", "applied:", "healthy:", "live:", "put back:", "pruned:"):
        assert seen in output


@pytest.mark.needs("git-http-backend")
@pytest.mark.parametrize("victim", ["apiserver", "source-controller", "kustomize-controller"])
@pytest.mark.parametrize("after", ["cloned:", "live:"])
async def test_the_demo_ends_the_same_when_a_process_is_killed_on_the_way(victim: str, after: str) -> None:
    async with asyncio.timeout(3 * LIMIT):
        status, output = await run_demo(victim, after)
    assert status == 0, output
    assert f"{victim} was killed (SIGKILL); starting it again" in output
