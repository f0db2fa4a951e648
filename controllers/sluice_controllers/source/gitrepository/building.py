"""From a check-out to an artifact's file. Runs in worker processes: everything here blocks and must pickle."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sluice import archive, artifact, git
from sluice.archive import sourceignore
from sluice.artifact import digests
from sluice.git import trees, verifying
from sluice.git.sparse import Sparse
from sluice_controllers.source.gitrepository import composing
from sluice_controllers.source.gitrepository.composing import Inclusion


@dataclass(frozen=True, kw_only=True)
class Order:
    """One artifact to make."""

    job: git.Job
    file: Path
    """Where to write it; absent before, and after any failure."""
    ignore: str | None
    """`spec.ignore`: the strongest rules."""
    algorithm: str
    inclusions: tuple[Inclusion, ...] = ()
    """Parts of other artifacts, in the order in which they are put in."""
    sparse: tuple[str, ...] = ()
    """`spec.sparseCheckout`: the paths to take; everything when empty."""
    demand: verifying.Demand | None = None
    """Which signatures the revision must carry."""
    limits: trees.Limits = field(default_factory=trees.Limits)


@dataclass(frozen=True, kw_only=True)
class Built:
    """What was made, and of what."""

    commit: git.Commit
    digest: str
    verified: str = ""
    """What was verified, and with which keys; empty when nothing had to be."""


class BuildError(Exception):
    """The tree could not be written to its file."""


def build(order: Order) -> Built | None:
    """Fetch, and write the artifact; None when the reference still leads to the known revision.

    Raises the GitError tree, InclusionError, or BuildError. No file is left then.
    """
    try:
        with git.checked_out(order.job) as found:
            if found is None:
                return None
            verified = verifying.verify(found, order.demand, now=datetime.now(UTC)) if order.demand else ""
            return Built(commit=found.commit, digest=_write(order, found), verified=verified)
    except (OSError, archive.ArchiveError) as error:
        _remove(order.file)
        raise BuildError(artifact.cause(error)) from error
    except BaseException:
        _remove(order.file)
        raise


def _write(order: Order, found: git.Checkout) -> str:
    sparse = Sparse(order.sparse)
    sparse.check(found.tree)
    if not order.inclusions:
        ignore = sparse.within(_ignore(order, trees.ignore_rules(found.tree, order.limits, sparse)))
        return _pack(order, trees.entries(found.repository, found.tree, ignore, order.limits))
    # The mirror is locked as long as the check-out lasts, and what is in its directory with it.
    with composing.composed(found, order.inclusions, sparse, order.limits, order.job.mirror / "scratch") as root:
        return _pack(order, archive.walk(root, _ignore(order, composing.ignore_rules(root))))


def _ignore(order: Order, rules: list[sourceignore.Rule]) -> archive.Ignore:
    return sourceignore.SourceIgnore.of(rules + sourceignore.read(order.ignore or ""))


def _pack(order: Order, entries: Iterable[archive.Entry]) -> str:
    running = digests.new(order.algorithm)
    descriptor = os.open(order.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        archive.write(entries, _Hashed(out, running))
    return f"{order.algorithm}:{running.hexdigest()}"


def _remove(file: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        file.unlink()


class _Hashed:
    """Writes to a file and a digest at once."""

    def __init__(self, out: BinaryIO, running: digests.Hash) -> None:
        self._out = out
        self._running = running

    def write(self, data: bytes) -> None:
        self._running.update(data)
        self._out.write(data)
