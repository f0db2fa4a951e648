"""The entries of an archive: directories and regular files, in the order in which they are written."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

Ignore = Callable[[tuple[str, ...], bool], bool]
"""``ignore(path segments below the root, is directory)``: True leaves that entry out of the archive."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One directory or regular file; ``open`` yields exactly ``size`` bytes and is called once."""

    path: tuple[str, ...]
    """Segments below the root; empty for the root itself."""
    directory: bool = False
    executable: bool = False
    size: int = 0
    open: Callable[[], BinaryIO] | None = None
    """None for directories."""
    key: bytes | None = None
    """What is equal for equal contents alone, such as their digest, where that is known without reading them."""

    @property
    def name(self) -> str:
        """The entry's name in the archive: the root is ``.``, directories carry no trailing slash."""
        return "/".join(self.path) or "."


def walk(root: Path, ignore: Ignore | None = None) -> Iterator[Entry]:
    """Every directory and regular file below ``root`` in lexical order, root first.

    Symbolic links, sockets and devices are dropped. An ignored directory loses its own entry and is still
    walked, because a later rule may bring one of its files back (as Flux does).
    """
    yield Entry(path=(), directory=True)
    yield from _walk(root, (), ignore)


def _walk(directory: Path, parents: tuple[str, ...], ignore: Ignore | None) -> Iterator[Entry]:
    with os.scandir(directory) as found:
        children = sorted(found, key=lambda child: os.fsencode(child.name))
    for child in children:
        path = (*parents, child.name)
        if child.is_dir(follow_symlinks=False):
            if not (ignore and ignore(path, True)):
                yield Entry(path=path, directory=True)
            yield from _walk(Path(child.path), path, ignore)
        elif child.is_file(follow_symlinks=False) and not (ignore and ignore(path, False)):
            yield _file(child, path)


def _file(child: os.DirEntry[str], path: tuple[str, ...]) -> Entry:
    facts = child.stat(follow_symlinks=False)
    location = child.path

    def opened() -> BinaryIO:
        # O_NOFOLLOW: the file may have been swapped for a link since the directory was read.
        return os.fdopen(os.open(location, os.O_RDONLY | os.O_NOFOLLOW), "rb")

    return Entry(path=path, executable=bool(facts.st_mode & 0o111), size=facts.st_size, open=opened)
