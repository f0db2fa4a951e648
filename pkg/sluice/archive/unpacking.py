"""Unpacking an archive that nobody vouches for.

Only directories and regular files are written, only below the target, and only as much as the limits allow.
Names that are absolute, contain ``..`` or a backslash, or that no file system takes, are refused; symbolic links are
dropped; everything else is refused.
"""

import os
import tarfile
import time
from pathlib import Path
from typing import IO, BinaryIO

from sluice.archive import reading
from sluice.archive.errors import UnsafeEntryError
from sluice.archive.reading import CHUNK, Limits

_MOST_SEGMENT, _MOST_NAME, _MOST_DEPTH = 255, 2048, 100
"""Bytes of a name between slashes and of a whole one, and how deep it may lead: deeper trees cannot even be removed."""
_SHOWN = 100


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
    reading.read(data, limits, lambda archive, member: _write(archive, member, into))


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    target = into.joinpath(*segments(member.name))
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


def segments(name: str) -> list[str]:
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
        while chunk := content.read(CHUNK):
            out.write(chunk)
        out.flush()
        when = max(0.0, min(float(member.mtime), time.time()))
        os.utime(out.fileno(), (when, when))
