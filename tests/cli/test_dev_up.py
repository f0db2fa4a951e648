import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sluice import testing


class Up:
    """A running `sluice dev up`, and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.printed: list[str] = []

    async def until(self, text: str) -> str:
        """Read on until a line has the text, and return that line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while line := (await self.process.stdout.readline()).decode():
                self.printed.append(line)
                if text in line:
                    return line
        raise AssertionError(f"it ended without {text!r}:\n{''.join(self.printed)}")

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(child) for child in path.read_text().split()]


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sluice_cli", "dev", "up", "--dir", str(tmp_path / "dev")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )
    yield Up(process)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    assert process.stdout is not None
    await process.stdout.read()
    await process.wait()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def test_a_cluster_comes_up_shows_what_happens_and_goes_with_ctrl_c(up: Up, sluice: Any, tmp_path: Path) -> None:
    kubeconfig = (await up.until("export KUBECONFIG=")).partition("=")[2].strip()
    await up.until("Ctrl-C ends everything")
    children = up.children()
    assert len(children) == 3

    shown = await sluice("get", "all", "-A", "--kubeconfig", kubeconfig)
    assert (shown.status, shown.err) == (0, "✗ no Sluice objects found in any namespace\n")
    taken = await sluice("dev", "up", "--dir", str(tmp_path / "dev"))
    assert taken.status == 1
    assert "is in use by another `sluice dev up`" in taken.err

    up.process.send_signal(signal.SIGINT)
    await up.until("Ended, with everything that was started.")
    assert await up.process.wait() == 0
    assert [pid for pid in children if alive(pid)] == []


async def test_what_dies_is_started_again_and_nothing_outlives_a_kill(up: Up) -> None:
    await up.until("Ctrl-C ends everything")
    cluster, *_ = up.children()
    os.kill(cluster, signal.SIGKILL)
    await up.until("apiserver was killed (SIGKILL); starting it again")

    async def children() -> list[int]:
        return up.children()

    replaced = await testing.eventually(children, lambda pids: len(pids) == 3 and cluster not in pids, timeout=30)
    up.process.kill()

    async def left() -> list[int]:
        return [pid for pid in replaced if alive(pid)]

    await testing.eventually(left, lambda pids: not pids, timeout=30)
