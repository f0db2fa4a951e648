import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


Sluice = Callable[..., Awaitable[Ran]]


@pytest.fixture
def sluice(tmp_path: Path) -> Sluice:
    """Run `sluice` as a process of its own, in an empty home."""

    async def run(*arguments: str, **environment: str) -> Ran:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sluice_cli", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment},
        )
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())

    return run
