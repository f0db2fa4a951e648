"""Reading an archive that nobody vouches for, entry by entry: bounded, and broken when it is not what it says it is."""

import io
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from sluice.archive.errors import BrokenArchiveError, LimitExceededError

CHUNK = 1 << 18
_MOST_NOTES = 1 << 20
"""Bytes of one extended header: it holds names and times, and is read into memory as a whole."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one archive may cost."""

    entries: int = 200_000
    """Directories, files and links together."""
    size: int = 2 << 30
    """Bytes after decompression, headers included."""
    ratio: int = 200
    """Decompressed bytes for one compressed byte. Text compresses by ten; a bomb by a thousand."""
    ratio_from: int = 64 << 20
    """Decompressed bytes below which the ratio is not looked at: small bombs do no harm."""


Visit = Callable[[tarfile.TarFile, tarfile.TarInfo], None]
"""Takes an archive and the entry that it is at; what is not read of the entry then is passed over."""


def read(data: BinaryIO, limits: Limits, visit: Visit) -> None:
    """Have each entry of the tar.gz `data` visited, in its order.

    Raises LimitExceededError or BrokenArchiveError, the latter also for a tail that is cut short or corrupt.
    """
    stream = io.BufferedReader(_Gunzip(data, limits), CHUNK)
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK, tarinfo=_Entry) as archive:
            for count, member in enumerate(archive, start=1):
                if count > limits.entries:
                    raise LimitExceededError(f"the archive has more than {limits.entries} entries")
                visit(archive, member)
                # Kept by tarfile for those who come back to an entry, which nobody does here.
                archive.members.clear()  # type: ignore[attr-defined]  # the stubs do not know it
        # What follows the tar's end is read too, so that a cut or corrupt tail is noticed.
        while stream.read(CHUNK):
            pass
    except (tarfile.TarError, zlib.error, EOFError, ValueError, RecursionError) as error:
        # The last two: numbers that are none in extended headers, and extended headers of extended headers.
        raise BrokenArchiveError(f"not a tar.gz archive, or cut short: {error}") from error


class _Entry(tarfile.TarInfo):
    """An entry whose extended header is not larger than anybody needs."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if not (self.isreg() or self.isdir()) and self.size > _MOST_NOTES:
            raise LimitExceededError(f"an entry of the archive has a header of more than {_MOST_NOTES} bytes")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]  # the hook that tarfile names
        return found


class _Gunzip(io.RawIOBase):
    """A readable that decompresses and counts; concatenated gzip members are read as one, as Go does."""

    def __init__(self, data: BinaryIO, limits: Limits) -> None:
        super().__init__()
        self._data = data
        self._limits = limits
        self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._taken = 0
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands in
        part = self._next(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def _next(self, size: int) -> bytes:
        while True:
            if self._inflate.eof:
                rest = self._inflate.unused_data or self._take()
                if not rest:
                    return b""
                self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            else:
                rest = self._inflate.unconsumed_tail or self._take()
            part = self._inflate.decompress(rest, size)
            if part:
                return self._counted(part)
            if not rest and not self._inflate.eof:
                raise EOFError("the compressed data end too early")

    def _take(self) -> bytes:
        chunk = self._data.read(CHUNK)
        self._taken += len(chunk)
        return chunk

    def _counted(self, part: bytes) -> bytes:
        self._given += len(part)
        if self._given > self._limits.size:
            raise LimitExceededError(f"the archive unpacks to more than {self._limits.size} bytes")
        if self._given > self._limits.ratio_from and self._given > self._limits.ratio * self._taken:
            raise LimitExceededError(f"the archive is compressed by more than {self._limits.ratio} to 1")
        return part
