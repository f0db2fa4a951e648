"""Bare mirrors on disk, one for each address and login: every fetch after the first brings only what is new.

Used in worker processes. A mirror is worked on under a lock that other processes honour. One whose last user was
killed, or crashed over it, is thrown away and made anew. Mirrors grow with every fetch (libgit2 does not repack), so
one with too many packs or bytes is started over, which costs one shallow fetch.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sluice.git.credentials import Credentials
from sluice.git.libgit2 import pygit2
from sluice.git.urls import RepositoryURL

MAX_PACKS = 50
_READY = "sluice-ready"
_BUSY = "busy"


def directory(root: Path, url: RepositoryURL, credentials: Credentials) -> Path:
    """Where the mirror of ``url`` lies. Who logs in differently gets another one: objects are never shared across."""
    key = hashlib.sha256(f"{url}\0{credentials.fingerprint()}".encode()).hexdigest()
    return root / key[:40]


class Mirror:
    """The repositories of one address and login: a shallow one, and one with history for those who need it."""

    def __init__(self, root: Path, *, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes away; waits for as long as they need (a killed one needs no longer)."""
        lock = self._lock()
        try:
            if (self._root / _BUSY).exists():
                # Its last user did not come to an end: it may be half written, or what it holds may crash libgit2.
                self.discard()
            (self._root / _BUSY).touch()
            try:
                yield
            finally:
                (self._root / _BUSY).unlink()
        finally:
            os.close(lock)

    def _lock(self) -> int:
        path = self._root / "lock"
        while True:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:
                continue
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_at(lock, path):
                os.utime(lock)
                return lock
            # A sweep removed the file between opening and locking it: another one is the lock now.
            os.close(lock)

    def shallow(self) -> pygit2.Repository:
        """The repository that knows single commits without their history."""
        return self._open(self._root / "shallow.git")

    def full(self) -> pygit2.Repository:
        """The repository that knows whole histories."""
        return self._open(self._root / "full.git")

    def discard(self) -> None:
        """Forget everything; the next use starts anew."""
        for name in ("shallow.git", "full.git"):
            shutil.rmtree(self._root / name, ignore_errors=True)

    def _open(self, path: Path) -> pygit2.Repository:
        if (path / _READY).exists() and self._is_lean(path):
            # What is no repository any more is made anew below.
            with suppress(pygit2.GitError, KeyError):
                found = pygit2.Repository(str(path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
                if _is_whole(found):
                    return found
        shutil.rmtree(path, ignore_errors=True)
        repository = pygit2.init_repository(str(path), bare=True)
        path.chmod(0o700)
        # Written last: a directory without it is the remains of a crash.
        (path / _READY).touch()
        return repository

    def _is_lean(self, path: Path) -> bool:
        packs = list((path / "objects" / "pack").glob("pack-*"))
        size = sum(pack.stat().st_size for pack in packs)
        return len(packs) <= 2 * MAX_PACKS and size <= 4 * self._max_bytes


def _is_whole(repository: pygit2.Repository) -> bool:
    """Whether what was fetched is there: packs that are gone would be missed in the middle of the next fetch."""
    targets = (reference.target for reference in repository.references.iterator())
    return all(target in repository for target in targets if isinstance(target, pygit2.Oid))


def touch(mirror: Path) -> None:
    """Note that somebody still follows the repository, though there was nothing to fetch."""
    with suppress(FileNotFoundError):
        os.utime(mirror / "lock")


def sweep(root: Path, *, unused_seconds: float) -> list[Path]:
    """Remove the mirrors that nobody has used for that long; returns them. Blocks, if briefly."""
    return [lock.parent for lock in root.glob("*/lock") if _swept(lock, unused_seconds)]


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _swept(path: Path, unused_seconds: float) -> bool:
    with suppress(BlockingIOError, FileNotFoundError), path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unused = time.time() - os.fstat(held.fileno()).st_mtime >= unused_seconds
        if not unused or not _is_at(held.fileno(), path):
            return False
        shutil.rmtree(path.parent)
        return True
    return False
