"""Packed charts: a tar.gz of one directory, read as Helm reads it."""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sluice import archive, gotext
from sluice.helm.charts import metadata
from sluice.helm.charts.budgets import UNPACKED, UNPACKED_FILE, Budget, Limits
from sluice.helm.charts.metadata import Metadata
from sluice.helm.charts.validity import quoted
from sluice.helm.errors import ChartError

_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
_GZIP: Final = b"\x1f\x8b"
_LEAST: Final = 10
"""Bytes of a gzip header."""
_DRIVE = re.compile(r"[a-zA-Z]:/")
_HEADERS: Final = 1 << 11
"""Bytes that an entry takes in the archive beside its content: its header, and the blanks after it."""


@dataclass(frozen=True)
class File:
    """A file of a chart; its name is the path below the chart's directory."""

    name: str
    data: bytes
    modified: str = field(default="", compare=False)
    """When it was changed last, if that is known: in RFC 3339, as Go writes it."""


def check_size(name: str, size: int, limits: Limits) -> None:
    """Raises ChartError for a packed chart of too many bytes."""
    if size > limits.packed:
        raise ChartError(f"size of chart '{name}' exceeds '{limits.packed}' bytes limit")


def files(data: bytes, budget: Budget) -> list[File]:
    """The files of a packed chart, in its order. Raises ChartError."""
    found: list[File] = []

    def take(file: File, _top: bool) -> None:
        found.append(file)

    _read(data, budget, take)
    if not found:
        raise ChartError("no files in chart archive")
    return found


def describe(data: bytes, budget: Budget) -> Metadata:
    """What a packed chart says of itself; nothing else of it is looked at. Raises ChartError."""
    found: dict[str, bytes] = {}

    def take(file: File, top: bool) -> None:
        if top and file.name in (metadata.CHART_FILE, metadata.REQUIREMENTS):
            found[file.name] = file.data

    _read(data, budget, take)
    if not found:
        raise ChartError(f"no '{metadata.CHART_FILE}' found")
    return metadata.read(found.get(metadata.CHART_FILE), found.get(metadata.REQUIREMENTS), quote="'")


def plain(data: bytes) -> bytes:
    """Without the mark that some editors begin a text with."""
    return data.removeprefix(_MARK)


def _read(data: bytes, budget: Budget, take: Callable[[File, bool], None]) -> None:
    if not data.startswith(_GZIP):
        raise ChartError("gzip: invalid header" if len(data) >= _LEAST else "unexpected EOF" if data else "EOF")
    most = budget.limits.files

    def visit(opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        if not member.isdir():
            name, top = _name(member.name)
            take(File(name, _content(opened, member, budget), _modified(member)), top)

    try:
        # Directories are entries, too; more than files there need not be.
        archive.read(io.BytesIO(data), archive.Limits(entries=2 * most, size=UNPACKED + 2 * most * _HEADERS), visit)
    except archive.ArchiveError as error:
        raise ChartError(str(error)) from None


def _content(opened: tarfile.TarFile, member: tarfile.TarInfo, budget: Budget) -> bytes:
    if member.size > UNPACKED_FILE:
        text = f"decompressed chart file {quoted(member.name)} is larger than the maximum file size {UNPACKED_FILE}"
        raise ChartError(text)
    budget.take(member.size)
    # A link is a file without content to Helm: it leads nowhere.
    stream = opened.extractfile(member) if member.isreg() else None
    return plain(stream.read()) if stream is not None else b""


def _modified(member: tarfile.TarInfo) -> str:
    """The time in an entry's header, if a calendar has it; some have it to the nanosecond."""
    try:
        seconds = Decimal(str(member.pax_headers.get("mtime", member.mtime)))
        return gotext.timestamp(int(seconds * 10**9))
    except (ArithmeticError, ValueError):
        return ""


def _name(name: str) -> tuple[str, bool]:
    """The path below the chart's directory, and whether the file is right in that."""
    # Archives made on Windows have backslashes.
    parts = name.split("\\" if "\\" in name else "/")
    below = "/".join(parts[1:])
    if below.startswith("/"):
        raise ChartError("chart illegally contains absolute paths")
    below = posixpath.normpath(below) if below else "."
    if below == ".":
        raise ChartError(f"chart illegally contains content outside the base directory: {quoted(name)}")
    if below.startswith(".."):
        raise ChartError("chart illegally references parent directory")
    if _DRIVE.match(below) or "\0" in below:
        raise ChartError("chart contains illegally named files")
    if parts[0] == metadata.CHART_FILE:
        raise ChartError("chart yaml not in base directory")
    return below, len(parts) == 2
