"""What a commit holds, as archive entries: straight from Git's objects, no checkout on disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from sluice import archive
from sluice.archive import sourceignore
from sluice.git.errors import TooLargeError
from sluice.git.libgit2 import pygit2
from sluice.git.sparse import Sparse


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one tree may cost."""

    files: int = 200_000
    size: int = 1 << 30
    """Bytes of all files together."""
    depth: int = 200
    """Directories within directories."""


def entries(
    repository: pygit2.Repository, tree: pygit2.Tree, ignore: archive.Ignore, limits: Limits
) -> Iterator[archive.Entry]:
    """The tree's directories and files in the order of an archive; links are dropped.

    Raises TooLargeError when the tree exceeds ``limits``.
    """
    yield archive.Entry(path=(), directory=True)
    yield from _Walk(repository, ignore, limits).entries(tree, ())


def ignore_rules(
    tree: pygit2.Tree, limits: Limits, sparse: Sparse, path: tuple[str, ...] = ()
) -> list[sourceignore.Rule]:
    """The rules of every ``.sourceignore`` file that is checked out of the tree, outer directories first."""
    if len(path) > limits.depth:
        raise TooLargeError(f"the repository has more than {limits.depth} levels of directories")
    rules: list[sourceignore.Rule] = []
    below: list[sourceignore.Rule] = []
    for child in tree:
        if isinstance(child, pygit2.Tree):
            if sparse.has((*path, child.name), True):
                below += ignore_rules(child, limits, sparse, (*path, child.name))
        elif child.name == sourceignore.FILE_NAME and _is_file(child) and sparse.has((*path, child.name), False):
            rules += sourceignore.read(child.data.decode(errors="replace"), path)
    return rules + below


class _Walk:
    def __init__(self, repository: pygit2.Repository, ignore: archive.Ignore, limits: Limits) -> None:
        self._repository = repository
        self._ignore = ignore
        self._limits = limits
        self._files = 0
        self._size = 0

    def entries(self, tree: pygit2.Tree, parents: tuple[str, ...]) -> Iterator[archive.Entry]:
        if len(parents) > self._limits.depth:
            raise TooLargeError(f"the repository has more than {self._limits.depth} levels of directories")
        # Git sorts directories as if their names ended in a slash; archives sort by the bare name.
        for child in sorted(tree, key=lambda child: child.name.encode(errors="surrogateescape")):
            path = (*parents, child.name)
            if isinstance(child, pygit2.Tree):
                if not self._ignore(path, True):
                    yield archive.Entry(path=path, directory=True)
                yield from self.entries(child, path)
            elif child.filemode == pygit2.enums.FileMode.COMMIT:
                # A submodule that is not fetched leaves an empty directory, in a check-out and so in Flux.
                if not self._ignore(path, True):
                    yield archive.Entry(path=path, directory=True)
            elif _is_file(child) and not self._ignore(path, False):
                yield self._file(child, path)

    def _file(self, child: pygit2.Object, path: tuple[str, ...]) -> archive.Entry:
        # The header alone tells the size; the content is read when its turn comes.
        _, size = self._repository.odb.read_header(child.id)
        self._files += 1
        self._size += size
        if self._files > self._limits.files:
            raise TooLargeError(f"the repository has more than {self._limits.files} files")
        if self._size > self._limits.size:
            raise TooLargeError(f"the files of the repository are larger than {self._limits.size} bytes")
        executable = child.filemode == pygit2.enums.FileMode.BLOB_EXECUTABLE
        return archive.Entry(
            path=path,
            executable=executable,
            size=size,
            open=lambda: io.BytesIO(self._repository[child.id].data),
            key=child.id.raw,
        )


def _is_file(child: pygit2.Object) -> bool:
    modes = pygit2.enums.FileMode
    return child.filemode in (modes.BLOB, modes.BLOB_EXECUTABLE)
