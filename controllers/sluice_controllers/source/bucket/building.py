"""From objects on disk to an artifact's file. Runs in worker processes: everything here blocks and must pickle."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from sluice import archive, artifact
from sluice.archive import Entry
from sluice_controllers.source import packing


class File(NamedTuple):
    """An object on disk, and what it becomes in the archive."""

    path: tuple[str, ...]
    name: str
    size: int
    sha256: str


def listed(files: Iterable[File]) -> bytes:
    """Files for an order, in the order of their paths in an archive. Takes its time: not for the event loop."""
    return pickle.dumps([tuple(each) for each in files], pickle.HIGHEST_PROTOCOL)


@dataclass(frozen=True, kw_only=True)
class Order:
    """One artifact to make."""

    directory: Path
    """Where the objects are."""
    files: bytes
    """As `listed` gives them: bytes are handed over in no time, however many files they stand for."""
    rules: tuple[tuple[str, ...], bytes] | None = field(repr=False)
    """A file more, with its content."""
    file: Path
    """Where to write it; absent before, and after any failure."""
    algorithm: str


class BuildError(Exception):
    """The artifact could not be written."""


class DamagedError(Exception):
    """A kept object is not what it was when it was fetched; the argument is its file's name."""


def build(order: Order) -> str:
    """Write the artifact; its digest.

    Raises DamagedError or BuildError. No file is left then.
    """
    try:
        return packing.pack(_with_directories(_entries(order)), order.file, order.algorithm)
    except (OSError, archive.ArchiveError) as error:
        artifact.discard(order.file)
        raise BuildError(artifact.cause(error)) from None
    except BaseException:
        artifact.discard(order.file)
        raise


def _entries(order: Order) -> Iterator[Entry]:
    """The files, in order."""
    files = (File(*each) for each in pickle.loads(order.files))  # noqa: S301 - from our own controller
    made = [Entry(path=each.path, size=each.size, open=partial(_opened, order.directory, each)) for each in files]
    if order.rules is not None:
        path, text = order.rules
        made.append(Entry(path=path, size=len(text), open=partial(io.BytesIO, text)))
        made.sort(key=lambda entry: tuple(name.encode() for name in entry.path))
    return iter(made)


def _with_directories(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Each directory before what is in it, as a walk would find them."""
    yield Entry(path=(), directory=True)
    before: tuple[str, ...] = ()
    for entry in entries:
        parents = entry.path[:-1]
        for depth in range(1, len(parents) + 1):
            if parents[:depth] != before[:depth]:
                yield Entry(path=parents[:depth], directory=True)
        before = parents
        yield entry


def _opened(directory: Path, file: File) -> BinaryIO:
    try:
        descriptor = os.open(directory / file.name, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        raise DamagedError(file.name) from None
    if os.fstat(descriptor).st_size != file.size:
        os.close(descriptor)
        raise DamagedError(file.name)
    return cast(BinaryIO, _Checked(os.fdopen(descriptor, "rb"), file))


class _Checked:
    """Reads a file, and at its end says whether it is what its name promises."""

    def __init__(self, content: BinaryIO, file: File) -> None:
        self._content = content
        self._file = file
        self._running = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._content.read(size)
        self._running.update(data)
        if not data and self._running.hexdigest() != self._file.sha256:
            raise DamagedError(self._file.name)
        return data

    def __enter__(self) -> _Checked:
        return self

    def __exit__(self, *raised: object) -> None:
        self._content.close()
