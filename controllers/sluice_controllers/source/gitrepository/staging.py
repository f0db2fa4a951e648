"""A check-out of several repositories on disk: of one and its submodules. Runs in worker processes."""

import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sluice import archive, artifact, git
from sluice.git import submodules, trees, verifying
from sluice.git.sparse import Sparse
from sluice.git.worktrees import Writer
from sluice_controllers.source import packing
from sluice_controllers.source.gitrepository import composing
from sluice_controllers.source.gitrepository.building import BuildError
from sluice_controllers.source.gitrepository.composing import Inclusion

_TREE, _INCLUDED, _LOCK = "tree", "included", "lock"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A repository to check out below a directory."""

    job: git.Job
    scratch: Path
    """A directory for this object alone."""
    at: tuple[str, ...] = ()
    """Where it belongs; nowhere below is the first one, whose directory is made anew."""
    sparse: tuple[str, ...] = ()
    demand: verifying.Demand | None = None
    limits: trees.Limits = field(default_factory=trees.Limits)


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A repository that is checked out."""

    commit: git.Commit
    verified: str
    links: tuple[submodules.Link, ...]
    """Its submodules, which are empty directories yet."""
    files: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Whole:
    """All that is checked out, to be packed."""

    scratch: Path
    file: Path
    """Where to write it; absent before, and after any failure."""
    ignore: str | None
    algorithm: str
    inclusions: tuple[Inclusion, ...]
    sparse: tuple[str, ...]
    limits: trees.Limits


def stage(part: Part) -> Staged | None:
    """Fetch, and write what is checked out; None when the reference still leads to the known revision.

    Raises the GitError tree, or BuildError.
    """
    with git.checked_out(part.job) as found:
        if found is None:
            return None
        verified = verifying.verify(found, part.demand, now=datetime.now(UTC)) if part.demand else ""
        if not part.at:
            _begin(part.scratch)
        # Links would not be archived, and without any no path leads out of the directory.
        writer = Writer(part.limits, links=False, sparse=Sparse(part.sparse))
        commits = writer.write(found.repository, found.tree, part.scratch.joinpath(_TREE, *part.at), part.at)
        return Staged(
            commit=found.commit,
            verified=verified,
            links=tuple(submodules.links_of(found.tree, commits)),
            files=writer.files,
            size=writer.size,
        )


def pack(whole: Whole) -> str:
    """Put in what is included, and write the artifact; its digest.

    Raises MissingPathError, InclusionError or BuildError. No file is left then.
    """
    root = whole.scratch / _TREE
    try:
        Sparse(whole.sparse).check_paths(lambda path: root.joinpath(path).exists())
        for inclusion in whole.inclusions:
            composing.include(inclusion, root, whole.scratch / _INCLUDED, whole.limits)
        ignore = packing.ignore(packing.ignore_rules(root), whole.ignore)
        return packing.pack(archive.walk(root, ignore), whole.file, whole.algorithm)
    except (OSError, archive.ArchiveError) as error:
        artifact.discard(whole.file)
        raise BuildError(artifact.cause(error)) from error
    except BaseException:
        artifact.discard(whole.file)
        raise


def _begin(scratch: Path) -> None:
    """An empty directory. Like a mirror it has a lock: what a crash leaves behind is swept away with unused mirrors."""
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.joinpath(_TREE).mkdir(mode=0o700, parents=True)
        os.close(os.open(scratch / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise BuildError(artifact.cause(error)) from error
