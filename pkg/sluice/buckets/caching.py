"""Objects that have been fetched, kept on disk by key and etag: the next pass fetches only what has changed.

Bound to one bucket of one object of the API, and to nobody else. A file's name says which object it is and what its
bytes must be, so nothing has to be remembered: what is there survives a restart, and its reader notices damage.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sluice.buckets.objects import Fetched, Listed

_NEW: Final = ".new-"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An object on disk."""

    file: Path
    size: int
    sha256: str


class Cache:
    """The objects of one bucket. Reading the directory, and `trim`, take their time: not for the event loop."""

    def __init__(self, directory: Path, identity: str) -> None:
        """`identity`: whose bucket it is; what was kept for another one is not found."""
        self._directory = directory
        self._identity = identity
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._kept = dict(self._read())

    def find(self, listed: Listed) -> Kept | None:
        """The object as it was listed, if it is here."""
        return self._kept.get(self._name(listed))

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """A place to write an object to; what is not kept in the end is removed."""
        file = self._directory / f"{_NEW}{secrets.token_hex(8)}"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as into:
                yield Draft(file=file, into=into)
        finally:
            file.unlink(missing_ok=True)

    def keep(self, draft: Draft, key: str, fetched: Fetched) -> Kept:
        """Make what was written the object of that key; atomically."""
        draft.into.flush()
        name = self._name(Listed(key, fetched.etag, fetched.size))
        target = self._directory / f"{name}-{fetched.sha256}"
        draft.file.replace(target)
        if (before := self._kept.get(name)) is not None and before.file != target:
            before.file.unlink(missing_ok=True)
        self._kept[name] = kept = Kept(file=target, size=fetched.size, sha256=fetched.sha256)
        return kept

    def forget(self, file: str) -> None:
        """Remove a file that is not what its name says."""
        self._kept = {name: kept for name, kept in self._kept.items() if kept.file.name != file}
        (self._directory / file).unlink(missing_ok=True)

    def trim(self, wanted: Iterable[Listed]) -> None:
        """Remove all but these."""
        names = {self._name(each) for each in wanted}
        self._kept = {name: kept for name, kept in self._kept.items() if name in names}
        files = {kept.file.name for kept in self._kept.values()}
        with os.scandir(self._directory) as children:
            for child in children:
                if child.name not in files:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(child.path)

    def _read(self) -> Iterator[tuple[str, Kept]]:
        with os.scandir(self._directory) as children:
            for child in children:
                name, mark, digest = child.name.partition("-")
                if mark and not child.name.startswith(_NEW) and child.is_file(follow_symlinks=False):
                    size = child.stat(follow_symlinks=False).st_size
                    yield name, Kept(file=Path(child.path), size=size, sha256=digest)

    def _name(self, listed: Listed) -> str:
        return hashlib.sha256("\0".join((self._identity, listed.key, listed.etag)).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An object being written."""

    file: Path
    into: BinaryIO


def remove(directory: Path) -> None:
    """Remove all that is kept in a directory, and the directory."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(directory)
