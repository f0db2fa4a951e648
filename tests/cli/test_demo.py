"""The demo, as a newcomer runs it: every step seen, whatever process dies on the way."""

import asyncio
import os
import pathlib
import re
import signal
import sys
from typing import Any

import pytest

from sluice_cli.demo import narration, story

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


@pytest.mark.needs("git-http-backend")
@pytest.mark.parametrize("until", ["a Git commit becomes", "the cluster knows", "cloned:"])
async def test_ctrl_c_ends_the_demo_at_any_moment_and_leaves_nothing(tmp_path: pathlib.Path, until: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sluice_cli", "demo"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT):
        while until not in (line := (await process.stdout.readline()).decode()):
            assert line
        process.send_signal(signal.SIGINT)
        # The children write to files of the folder: the end of this stream is that of the demo alone.
        said = (await process.stdout.read()).decode()
        assert await process.wait() == 130
    assert "Ended, with everything that was started." in said
    assert "Traceback" not in said
    assert os.listdir(tmp_path) == []


async def test_without_git_the_demo_says_what_to_do_before_anything_starts(sluice: Any, tmp_path: pathlib.Path) -> None:
    ran = await sluice("demo", "--once", PATH=str(tmp_path))
    assert ran.status == 1
    assert ran.err.splitlines()[0] == "✗ the demo needs git, which is not installed"
    assert "ready" not in ran.out


def test_what_was_not_seen_is_told_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    failure = story.NotSeen(story.SETTINGS, "says good morning")
    narrator = narration.Narrator()
    narrator.fail(
        str(failure), ["Kustomization default/my-app is not ready (BuildFailed): no such file"], ["one log line"]
    )
    assert capsys.readouterr().out.splitlines() == [
        "  ✗ not seen: ConfigMap my-app/settings says good morning (waited 40 s)",
        "",
        "What there is instead:",
        "  · Kustomization default/my-app is not ready (BuildFailed): no such file",
        "",
        "What was logged last:",
        "",
        "  one log line",
    ]
