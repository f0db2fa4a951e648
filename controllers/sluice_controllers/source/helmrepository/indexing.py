"""From the index that a repository serves to the artifact's file. Runs in worker processes: everything here blocks."""

import os
from dataclasses import dataclass
from pathlib import Path

from sluice.artifact import digests
from sluice.helm import indexes


@dataclass(frozen=True, kw_only=True)
class Order:
    """One index to read."""

    raw: Path
    """As it was served."""
    file: Path
    """Where to write its kept form; absent before."""
    algorithm: str


def build(order: Order) -> str:
    """Write the file, and return its digest. Raises InvalidIndexError, or OSError."""
    descriptor = os.open(order.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        indexes.write(order.raw.read_bytes(), out)
    return f"{order.algorithm}:{digests.of_file(order.file, order.algorithm).hexdigest()}"
