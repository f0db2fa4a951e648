"""Unpacking an archive that nobody vouches for.

Only directories and regular files are written, only below the target, and only as much as the limits allow.
Names that are absolute, contain ``..`` or a backslash are refused; symbolic links are dropped; everything
else is refused.
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


def unpack(data: BinaryIO | Path, into: Path, *, limits: Limits | None = None) -> None:
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
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
            for count, member in enumerate(archive, start=1):
                if count > limits.entries:
                    raise LimitExceededError(f"the archive has more than {limits.entries} entries")
                _write(archive, member, into)
        # What follows the tar's end is read too, so that a cut or corrupt tail is noticed.
        while stream.read(_CHUNK):
            pass
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise BrokenArchiveError(f"not a tar.gz archive, or cut short: {error}") from error


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
            raise UnsafeEntryError(f"entry {member.name!r} is neither file nor directory")
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        raise UnsafeEntryError(f"entry {member.name!r} is both file and directory") from error


def _segments(name: str) -> list[str]:
    """The name's path below the root; raises UnsafeEntryError when it could lead elsewhere."""
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise UnsafeEntryError(f"entry {name!r} has an unsafe name")
    return [segment for segment in name.split("/") if segment not in ("", ".")]


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
