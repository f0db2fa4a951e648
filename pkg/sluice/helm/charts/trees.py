"""A part of a source's artifact in memory: nothing of it is written anywhere, and no link can lead out of it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sluice import archive
from sluice.helm.errors import ChartError

Place = tuple[str, ...]
"""Segments of a path below the root of the source."""

MOST_BYTES: Final = 256 << 20
"""What is taken of one source: a chart's directory may hold more than the chart, which `.helmignore` leaves out."""


@dataclass(frozen=True)
class Oversized:
    """Stands for a file that is too large to be part of a chart, and was passed over."""

    size: int


@dataclass
class Tree:
    """Files below some places; whether a place is there is known of those places, and of what is below them."""

    files: dict[Place, bytes | Oversized] = field(default_factory=dict)
    directories: set[Place] = field(default_factory=set)

    def data(self, place: Place) -> bytes:
        """A file's content. Raises ChartError when there is no file, or a large one."""
        found = self.files.get(place)
        if found is None:
            what = "is a directory" if place in self.directories else "no such file or directory"
            raise ChartError(f"open {shown(place)}: {what}")
        if isinstance(found, Oversized):
            raise ChartError(f"{shown(place)} has {found.size} bytes, which is too large")
        return found

    def below(self, place: Place) -> Iterator[tuple[Place, bytes | Oversized]]:
        """The files below a directory by their paths there, in lexical order."""
        depth = len(place)
        for path in sorted(self.files):
            if path[:depth] == place and len(path) > depth:
                yield path[depth:], self.files[path]


def place_of(path: str, start: Place = ()) -> Place:
    """Where a path leads from a place; it never leads above the root."""
    found = list(start)
    for segment in path.split("/"):
        if segment == "..":
            del found[-1:]
        elif segment not in ("", "."):
            found.append(segment)
    return tuple(found)


def shown(place: Place) -> str:
    """The place as errors show it: from the root of the source."""
    return "/" + "/".join(place)


def read(source: Path, places: Mapping[Place, int]) -> Tree:
    """What the artifact `source` has at these places and below; of each place, files larger than so many bytes are not.

    Raises ChartError when it is no archive, or too much.
    """
    tree = Tree()
    reader = _Reader(tree, places)
    try:
        with source.open("rb") as opened:
            archive.read(opened, archive.Limits(), reader.visit)
    except archive.ArchiveError as error:
        raise ChartError(f"artifact untar error: {error}") from None
    return tree


class _Reader:
    def __init__(self, tree: Tree, places: Mapping[Place, int]) -> None:
        self._tree = tree
        self._places = places
        self._left = MOST_BYTES

    def visit(self, opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = tuple(archive.segments(member.name))
        most = max((size for place, size in self._places.items() if path[: len(place)] == place), default=None)
        if most is None:
            return
        self._tree.directories.update(_parents(path))
        if member.isdir():
            self._tree.directories.add(path)
        elif member.isreg():
            self._tree.files[path] = self._content(opened, member, most)

    def _content(self, opened: tarfile.TarFile, member: tarfile.TarInfo, most: int) -> bytes | Oversized:
        if member.size > most:
            return Oversized(member.size)
        self._left -= member.size
        if self._left < 0:
            raise ChartError(f"the directory of the chart holds more than {MOST_BYTES} bytes")
        stream = opened.extractfile(member)
        return stream.read() if stream is not None else b""


def _parents(path: Place) -> Iterable[Place]:
    return (path[:depth] for depth in range(len(path)))
