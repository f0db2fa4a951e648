"""From a check-out to an artifact's file. Runs in worker processes: everything here blocks and must pickle."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sluice import archive, artifact, git
from sluice.git import trees, verifying
from sluice.git.sparse import Sparse
from sluice_controllers.source import packing
from sluice_controllers.source.gitrepository import composing
from sluice_controllers.source.gitrepository.composing import Inclusion


@dataclass(frozen=True, kw_only=True)
class Order:
    """One artifact to make."""

    job: git.Job
    file: Path
    """Where to write it; absent before, and after any failure."""
    previous: Path | None = None
    """The artifact that there is: what did not change is copied from it."""
    ignore: str | None
    """`spec.ignore`: the strongest rules."""
    algorithm: str
    inclusions: tuple[Inclusion, ...] = ()
    """Parts of other artifacts, in the order in which they are put in."""
    sparse: tuple[str, ...] = ()
    """`spec.sparseCheckout`: the paths to take; everything when empty."""
    submodules: bool = False
    """`spec.recurseSubmodules`."""
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
        artifact.discard(order.file)
        raise BuildError(artifact.cause(error)) from error
    except BaseException:
        artifact.discard(order.file)
        raise


def _write(order: Order, found: git.Checkout) -> str:
    sparse = Sparse(order.sparse)
    sparse.check(found.tree)
    if not order.inclusions:
        rules = trees.ignore_rules(found.tree, order.limits, sparse)
        ignore = sparse.within(packing.ignore(rules, order.ignore))
        entries = trees.entries(found.repository, found.tree, ignore, order.limits)
        return packing.pack(entries, order.file, order.algorithm, previous=order.previous)
    # The mirror is locked as long as the check-out lasts, and what is in its directory with it.
    with composing.composed(found, order.inclusions, sparse, order.limits, order.job.mirror / "scratch") as root:
        ignore = packing.ignore(packing.ignore_rules(root), order.ignore)
        return packing.pack(archive.walk(root, ignore), order.file, order.algorithm)
