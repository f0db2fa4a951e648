"""Disk space of one process: gone when it ends, and swept by the next one when it was killed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pathlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def folder(parent: pathlib.Path, prefix: str) -> AsyncIterator[pathlib.Path]:
    """A folder of this process's own below `parent`, where those of processes that are no more are removed.

    `prefix` begins its name, and the names of those that are removed: it must be nobody else's.
    A process holds a lock on its folder for as long as it lives.
    """
    await asyncio.to_thread(_sweep, parent, prefix)
    made, lock = _made(parent, prefix)
    try:
        yield made
    finally:
        await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)
        os.close(lock)


def _sweep(parent: pathlib.Path, prefix: str) -> None:
    for other in parent.glob(f"{prefix}*"):
        if (lock := _locked(other)) is not None:
            shutil.rmtree(other, ignore_errors=True)
            os.close(lock)


def _made(parent: pathlib.Path, prefix: str) -> tuple[pathlib.Path, int]:
    while True:
        made = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        # Whoever sweeps between these two lines takes it for one that was left behind.
        if (lock := _locked(made)) is not None:
            return made, lock


def _locked(path: pathlib.Path) -> int | None:
    """A lock on a folder of this user's; None when another process has it, or the folder is gone or somebody else's."""
    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(held).st_uid == os.geteuid() and os.path.samestat(os.fstat(held), path.stat()):
            return held
    except OSError:
        pass
    os.close(held)
    return None
