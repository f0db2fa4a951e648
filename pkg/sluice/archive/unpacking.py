"""Unpacking an archive that nobody vouches for.

Only directories and regular files are written, only below the target, and only as much as the limits allow.
Names that are absolute, contain ``..`` or a backslash, or that no file system takes, are refused; symbolic links are
dropped; everything else is refused.
"""

import io
import os
import tarfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from sluice.archive.errors import BrokenArchiveError, LimitExceededError, UnsafeEntryError

_CHUNK = 1 << 18
_MOST_NOTES = 1 << 20
"""Bytes of one extended header: it holds names and times, and is read into memory as a whole."""
_MOST_SEGMENT, _MOST_NAME, _MOST_DEPTH = 255, 2048, 100
"""Bytes of a name between slashes and of a whole one, and how deep it may lead: deeper trees cannot even be removed."""
_SHOWN = 100


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


def unpack(data: BinaryIO | Path, into: Path, limits: Limits | None = None) -> None:
    """Unpack the tar.gz ``data`` into the directory ``into``, which must be absent or empty.

    Files keep their permission bits, directories always get ``rwx`` for their owner, times in the future
    become now. Raises UnsafeEntryError, LimitExceededError or BrokenArchiveError; what was written by then
    stays, for the caller to remove.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(into.iterdir()):
        # With nothing there beforehand, and no link ever written, no path below `into` can lead elsewhere.
        raise FileExistsError(f"{into} is not empty")
    if isinstance(data, Path):
        with data.open("rb") as opened:
            _unpack(opened, into, limits or Limits())
    else:
        _unpack(data, into, limits or Limits())


def _unpack(data: BinaryIO, into: Path, limits: Limits) -> None:
    stream = io.BufferedReader(_Gunzip(data, limits), _CHUNK)
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK, tarinfo=_Entry) as archive:
            for count, member in enumerate(archive, start=1):
                if count > limits.entries:
                    raise LimitExceededError(f"the archive has more than {limits.entries} entries")
                _write(archive, member, into)
                # Kept by tarfile for those who come back to an entry, which nobody does here.
                archive.members.clear()  # type: ignore[attr-defined]  # the stubs do not know it
        # What follows the tar's end is read too, so that a cut or corrupt tail is noticed.
        while stream.read(_CHUNK):
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


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    target = into.joinpath(*_segments(member.name))
    if member.issym():
        return
    try:
        if member.isdir():
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.chmod((member.mode & 0o777) | 0o700)
        elif member.isreg() and not member.issparse():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            _write_file(content, target, member)
        else:
            raise UnsafeEntryError(f"entry {_shown(member.name)} is neither file nor directory")
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        raise UnsafeEntryError(f"entry {_shown(member.name)} is both file and directory") from error


def _segments(name: str) -> list[str]:
    """The name's path below the root; raises UnsafeEntryError when it could lead elsewhere, or nowhere."""
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise UnsafeEntryError(f"entry {_shown(name)} has an unsafe name")
    segments = [segment for segment in name.split("/") if segment not in ("", ".")]
    longest = max((len(os.fsencode(segment)) for segment in segments), default=0)
    if longest > _MOST_SEGMENT or len(os.fsencode(name)) > _MOST_NAME or len(segments) > _MOST_DEPTH:
        raise UnsafeEntryError(f"entry {_shown(name)} has a name that is too long, or leads too deep")
    return segments


def _shown(name: str) -> str:
    """The name as it can be told: on one line, in full unless that would fill the page."""
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}…"


def _write_file(content: IO[bytes], target: Path, member: tarfile.TarInfo) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    descriptor = os.open(target, flags, (member.mode & 0o777) | 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while chunk := content.read(_CHUNK):
            out.write(chunk)
        out.flush()
        when = max(0.0, min(float(member.mtime), time.time()))
        os.utime(out.fileno(), (when, when))


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
        chunk = self._data.read(_CHUNK)
        self._taken += len(chunk)
        return chunk

    def _counted(self, part: bytes) -> bytes:
        self._given += len(part)
        if self._given > self._limits.size:
            raise LimitExceededError(f"the archive unpacks to more than {self._limits.size} bytes")
        if self._given > self._limits.ratio_from and self._given > self._limits.ratio * self._taken:
            raise LimitExceededError(f"the archive is compressed by more than {self._limits.ratio} to 1")
        return part
