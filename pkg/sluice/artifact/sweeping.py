"""What a process that was killed leaves in the storage: files that it was writing, and what of objects is gone since.

Looks only below ``<kind>/<namespace>/<name>`` of the kinds that it is told, and follows no link. It reads many
directories: not for the event loop.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from sluice.artifact import placing


def unfinished(root: Path, kinds: tuple[str, ...], mark: str) -> list[Path]:
    """Files that another process than that of the mark was writing."""
    return [
        Path(child.path)
        for kind in kinds
        for directory in _objects(root, kind)
        for child in _children(directory)
        if child.name.startswith(placing.PREFIX) and not child.name.startswith(mark)
        if not child.is_dir(follow_symlinks=False)
    ]


def objects(root: Path, kind: str) -> list[tuple[str, str]]:
    """Namespace and name of every object of a kind that has a directory, in order."""
    return sorted((directory.parent.name, directory.name) for directory in _objects(root, kind))


def _objects(root: Path, kind: str) -> Iterator[Path]:
    for namespace in _directories(root / kind.lower()):
        yield from _directories(namespace)


def _directories(parent: Path) -> list[Path]:
    return [Path(child.path) for child in _children(parent) if child.is_dir(follow_symlinks=False)]


def _children(directory: Path) -> list[os.DirEntry[str]]:
    try:
        if directory.is_symlink():
            return []
        with os.scandir(directory) as children:
            return list(children)
    except FileNotFoundError:
        return []
