"""The files of a commit on disk, for who reads directories: no filter, no attribute, no hook.

Symbolic links are written as they are, so a reader has to check where they lead; writing follows none.
"""

from __future__ import annotations

import os
from pathlib import Path

from sluice.git.errors import GitError, TooLargeError
from sluice.git.libgit2 import pygit2
from sluice.git.sparse import Sparse
from sluice.git.trees import Limits


class Writer:
    """Writes trees below directories; what all of them hold together is bounded."""

    def __init__(self, limits: Limits, *, links: bool = True, sparse: Sparse | None = None) -> None:
        """`links`: whether symbolic links are written. `sparse`: what of each tree is; everything by default."""
        self._limits = limits
        self._links = links
        self._sparse = sparse or Sparse(())
        self.files = 0
        """How many were written."""
        self.size = 0
        """How many bytes they hold."""

    def write(
        self, repository: pygit2.Repository, tree: pygit2.Tree, directory: Path, at: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """Write `tree` into the empty `directory`; returns the commits of its submodules by their paths in the tree.

        A submodule gets an empty directory. `at`: where the tree lies in what is checked out. Raises TooLargeError
        beyond the limits, GitError for what no disk can hold.
        """
        submodules: dict[str, str] = {}
        try:
            self._tree(repository, tree, directory, at, submodules)
        except (OSError, ValueError, KeyError, pygit2.GitError) as error:
            raise GitError(f"the repository cannot be checked out: {_cause(error)}") from error
        above = "".join(f"{name}/" for name in at)
        return {path.removeprefix(above): commit for path, commit in submodules.items()}

    def _tree(
        self,
        repository: pygit2.Repository,
        tree: pygit2.Tree,
        directory: Path,
        parents: tuple[str, ...],
        submodules: dict[str, str],
    ) -> None:
        if len(parents) > self._limits.depth:
            raise TooLargeError(f"the repository has more than {self._limits.depth} levels of directories")
        for child in tree:
            target = directory / _sound(child.name)
            path = (*parents, child.name)
            # A submodule is a directory: what is wanted may be in it.
            if not self._sparse.has(path, child.filemode in (pygit2.enums.FileMode.TREE, pygit2.enums.FileMode.COMMIT)):
                continue
            if child.filemode == pygit2.enums.FileMode.TREE:
                target.mkdir()
                self._tree(repository, child, target, path, submodules)
            elif child.filemode == pygit2.enums.FileMode.COMMIT:
                target.mkdir()
                submodules["/".join(path)] = str(child.id)
            elif child.filemode != pygit2.enums.FileMode.LINK or self._links:
                self._blob(repository, child, target)

    def _blob(self, repository: pygit2.Repository, child: pygit2.Object, target: Path) -> None:
        _, size = repository.odb.read_header(child.id)
        self.files += 1
        self.size += size
        if self.files > self._limits.files:
            raise TooLargeError(f"the repository has more than {self._limits.files} files")
        if self.size > self._limits.size:
            raise TooLargeError(f"the files of the repository are larger than {self._limits.size} bytes")
        if child.filemode == pygit2.enums.FileMode.LINK:
            os.symlink(child.data, os.fsencode(target))
            return
        mode = 0o755 if child.filemode == pygit2.enums.FileMode.BLOB_EXECUTABLE else 0o644
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as stream:
            stream.write(child.data)


def _cause(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _sound(name: str) -> str:
    """Refuse names that Git itself would not write: a tree is bytes from a server, and may say anything."""
    if name in ("", ".", "..") or "/" in name or "\0" in name or name.lower() == ".git":
        raise GitError(f"the repository has a file of the name {name!r}")
    return name
