"""From a directory to an artifact's file. Runs in worker processes: everything here blocks."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sluice import archive
from sluice.archive import sourceignore
from sluice.artifact import digests


def pack(entries: Iterable[archive.Entry], file: Path, algorithm: str, *, previous: Path | None = None) -> str:
    """Write the entries to a file, which must be absent, and return the artifact's digest.

    What is in the `previous` artifact as well is copied from there, if it is there. Raises OSError or ArchiveError, and
    leaves what was written by then.
    """
    running = digests.new(algorithm)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, _opened(previous) as known:
        archive.write(entries, _Hashed(out, running), previous=known)
    return f"{algorithm}:{running.hexdigest()}"


def ignore(rules: list[sourceignore.Rule], ignored: str | None) -> archive.Ignore:
    """What stays out: by the source's own rules, and by `spec.ignore`, which is stronger."""
    return sourceignore.SourceIgnore.of(rules + sourceignore.read(ignored or ""))


def ignore_rules(root: Path, path: tuple[str, ...] = ()) -> list[sourceignore.Rule]:
    """The rules of every ``.sourceignore`` file below the directory, outer directories first."""
    rules: list[sourceignore.Rule] = []
    below: list[sourceignore.Rule] = []
    with os.scandir(root.joinpath(*path)) as children:
        for child in sorted(children, key=lambda child: os.fsencode(child.name)):
            if child.is_dir(follow_symlinks=False):
                below += ignore_rules(root, (*path, child.name))
            elif child.name == sourceignore.FILE_NAME:
                rules += sourceignore.read(Path(child.path).read_text(errors="replace"), path)
    return rules + below


@contextmanager
def _opened(file: Path | None) -> Iterator[BinaryIO | None]:
    with ExitStack() as stack:
        found = None
        if file is not None:
            with suppress(FileNotFoundError):
                found = stack.enter_context(file.open("rb"))
        yield found


class _Hashed:
    """Writes to a file and a digest at once."""

    def __init__(self, out: BinaryIO, running: digests.Hash) -> None:
        self._out = out
        self._running = running

    def write(self, data: bytes) -> None:
        self._running.update(data)
        self._out.write(data)
