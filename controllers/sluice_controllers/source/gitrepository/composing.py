"""A check-out with parts of other artifacts in it, on disk. Runs in worker processes."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sluice import archive, git
from sluice.git import trees
from sluice.git.sparse import Sparse, segments
from sluice.git.worktrees import Writer


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """An artifact of which a part is wanted."""

    name: str
    """Of the GitRepository whose artifact it is."""
    file: Path
    source: str
    """The part's path in the artifact; all of it when empty."""
    target: str
    """Where it goes; nothing may be there yet."""


class InclusionError(Exception):
    """A part that is not there, or a place that is taken."""


@contextmanager
def composed(
    found: git.Checkout, inclusions: tuple[Inclusion, ...], sparse: Sparse, limits: trees.Limits, scratch: Path
) -> Iterator[Path]:
    """A directory with what is checked out and what it includes, as long as the block lasts.

    It lies in `scratch`, which is ours alone and cleared before and after. Raises InclusionError, or the GitError tree.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        root = scratch / "tree"
        root.mkdir(mode=0o700, parents=True)
        # Links would not be archived, and without any no path leads out of the directory.
        Writer(limits, links=False, sparse=sparse).write(found.repository, found.tree, root)
        for inclusion in inclusions:
            include(inclusion, root, scratch / "included", limits)
        yield root
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def include(inclusion: Inclusion, root: Path, unpacked: Path, limits: trees.Limits) -> None:
    """Move a part of an artifact to its place; as in Flux, what is there already is not merged with it."""
    try:
        archive.unpack(inclusion.file, unpacked, archive.Limits(entries=limits.files, size=limits.size))
        target = root.joinpath(*segments(inclusion.target))
        target.parent.mkdir(parents=True, exist_ok=True)
        unpacked.joinpath(*segments(inclusion.source)).rename(target)
        shutil.rmtree(unpacked, ignore_errors=True)
    except (OSError, archive.ArchiveError) as error:
        cause = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
        text = f"include from {inclusion.source} to {inclusion.target}: {cause}"
        raise InclusionError(f"failed to copy '{inclusion.name}' {text}") from None
