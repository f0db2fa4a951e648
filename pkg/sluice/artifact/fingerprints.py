"""Which files are known to be good: a file that nobody has touched since it was read is not read again."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sluice.artifact import digests
from sluice.artifact.digests import Digest
from sluice.artifact.errors import DigestMismatchError


@dataclass(frozen=True)
class Fingerprint:
    """A file's identity: while it holds, the bytes have not been rewritten."""

    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> "Fingerprint":
        """That of the file as it is now; raises OSError."""
        facts = path.stat(follow_symlinks=False)
        return cls(facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


class Verified:
    """Files, each with the digest that it was found to have."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Fingerprint, str]] = {}

    def paths(self) -> list[Path]:
        """The files that are known."""
        return list(self._known)

    def remember(self, path: Path, digest: str) -> None:
        """The file has that digest."""
        self._known[path] = (Fingerprint.of(path), digest)

    def holds(self, path: Path, digest: str) -> bool:
        """Whether the file is there, is known to have that digest, and was not touched since."""
        return path.is_file() and self._known.get(path) == (Fingerprint.of(path), digest)

    def forget(self, path: Path) -> None:
        """Read the file when it is next asked for."""
        self._known.pop(path, None)

    def forget_below(self, directory: Path) -> None:
        """Likewise all files of a directory."""
        self._known = {path: known for path, known in self._known.items() if path.parent != directory}

    async def check(self, path: Path, digest: str) -> None:
        """Raise DigestMismatchError unless the file has that digest, DigestError, or OSError; reads it if need be."""
        if self._known.get(path) != (now := Fingerprint.of(path), digest):
            await read(path, digest)
            self._known[path] = (now, digest)

    async def still_holds(self, path: Path) -> bool:
        """Read a file although nobody seems to have touched it: disks forget. If it is bad, forget that it was good."""
        known = self._known.get(path)
        if known is None:
            return True
        try:
            await read(path, known[1])
        except (DigestMismatchError, OSError):
            if self._known.get(path) == known:
                self.forget(path)
                return False
        return True


async def read(path: Path, digest: str) -> None:
    """Raise DigestMismatchError unless the file's bytes have that digest, DigestError, or OSError."""
    expected = Digest.parse(digest)
    expected.check(await asyncio.to_thread(digests.of_file, path, expected.algorithm))
