"""Putting a written file in its place, durably, and what files are called that are still being written."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

PREFIX = ".new-"
"""Of files that are being written: nothing with a dot before its name is served."""


def mark() -> str:
    """What tells the unfinished files of this process from those of another one."""
    return f"{PREFIX}{secrets.token_hex(4)}-"


def temporary(directory: Path, mark: str) -> Path:
    """A name in that directory that nobody has."""
    return directory / f"{mark}{secrets.token_hex(8)}"


def place(written: Path, target: Path, ask: Callable[[], None]) -> None:
    """Move a written file to its place, durably; `ask` raises if that may not be, right before it is done.

    Waits for the disk: not for the event loop.
    """
    descriptor = os.open(written, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    ask()
    written.replace(target)
    _sync_directory(target.parent)


def discard(written: Path) -> None:
    """Remove what was written of a file that is not kept. What cannot be removed now is swept at the next start."""
    with contextlib.suppress(OSError):
        written.unlink()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
