"""Deterministic tar.gz: equal entries give equal bytes, be they made anew or copied from an earlier archive.

The tar bytes are those that Go writes for Flux's headers. The gzip bytes are zlib's: Go's compressor chooses other
matches, so the digest of an artifact equals Flux's only for what it contains, not as a string.

Large archives are several gzip members, one after the other, which every reader of gzip reads as one: they are
compressed at the same time, and those of which nothing has changed are copied. Where a member ends depends on the names
and sizes of the entries around it alone, so that a change moves no end far away from it.
"""

import hashlib
import itertools
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from sluice.archive import headers, members
from sluice.archive.entries import Entry, Ignore, walk
from sluice.archive.errors import ArchiveError

_CHUNK = 1 << 18
_LEAST, _MOST = 1 << 17, 1 << 20
"""Bytes of entries after which a member may end, and has to."""
_ENDS = 16
"""One of so many names ends a member that is large enough."""
_ALONE = 4 << 20
"""A file of that size is compressed piece by piece, and not beside others."""
_HELD = 256 << 20
"""The largest file whose compressed form is held in memory, so that the member can say how long it is."""
_THREADS = min(4, os.cpu_count() or 1)


class Sink(Protocol):
    """Where archive bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take all of ``data``."""


def pack(root: Path, out: BinaryIO, *, ignore: Ignore | None = None) -> None:
    """Write the directory ``root`` to ``out`` as a deterministic tar.gz."""
    write(walk(root, ignore), out)


def write(entries: Iterable[Entry], out: Sink, *, previous: BinaryIO | None = None) -> None:
    """Write ``entries``, in their order, to ``out`` as a deterministic tar.gz.

    Of entries that have a key, what is in ``previous`` is copied from there: an archive that `write` once wrote, or any
    other file. Raises ArchiveError when an entry yields fewer or more bytes than it announced.
    """
    known = members.Known(previous) if previous else None
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="deflate") as threads:
        writer = _Writer(out)
        for group in _groups(entries):
            key = group.key() if group.labelled else None
            copy = known.get(key) if known and key else None
            if copy:
                writer.add(copy)
            elif group.size >= _ALONE:
                writer.flush()
                _write_large(group, key, out)
            elif group.last:
                # Small archives have no other, and need no thread.
                writer.add(_member(list(group.content()), key))
            else:
                writer.add(threads.submit(_member, list(group.content()), key))
        writer.flush()


@dataclass
class _Group:
    """What becomes one member."""

    entries: list[tuple[bytes, Entry]] = field(default_factory=list)
    """With their headers."""
    size: int = 0
    first: bool = False
    last: bool = False

    @property
    def labelled(self) -> bool:
        """Whether it is worth finding again: a small archive is one member, and as plain as can be."""
        return not (self.first and self.last)

    def add(self, header: bytes, entry: Entry) -> None:
        self.entries.append((header, entry))
        self.size += len(header) + entry.size

    def is_full(self, entry: Entry) -> bool:
        """Whether it ends after this entry, its last."""
        name = entry.name.encode("utf-8", "surrogateescape")
        return self.size >= _MOST or (self.size >= _LEAST and zlib.crc32(name) % _ENDS == 0)

    def key(self) -> bytes | None:
        """Equal for what gives equal bytes; None where that is not known beforehand."""
        made_of = f"{members.LEVEL} {zlib.ZLIB_RUNTIME_VERSION} {self.last}"
        running = hashlib.blake2b(made_of.encode(), digest_size=members.KEY_SIZE)
        for header, entry in self.entries:
            if entry.open is not None and entry.key is None:
                return None
            running.update(header)
            running.update(entry.key or b"")
        return running.digest() if self.size <= _HELD else None

    def content(self) -> Iterator[bytes]:
        """The bytes of the tar."""
        for header, entry in self.entries:
            yield header
            if entry.open is not None:
                yield from _content(entry)
        if self.last:
            yield bytes(2 * headers.BLOCK)


def _groups(entries: Iterable[Entry]) -> Iterator[_Group]:
    group = _Group(first=True)
    for entry in entries:
        header = headers.header(entry)
        if group.entries and entry.size >= _MOST:
            yield group
            group = _Group()
        # Whether a member is the last is part of it, so a full one is not handed out before there is another entry.
        if group.entries and group.is_full(group.entries[-1][1]):
            yield group
            group = _Group()
        group.add(header, entry)
    group.last = True
    yield group


def _content(entry: Entry) -> Iterator[bytes]:
    assert entry.open is not None
    left = entry.size
    with entry.open() as content:
        while chunk := content.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left:
        raise ArchiveError(f"{entry.name} changed while it was archived")
    yield bytes(-entry.size % headers.BLOCK)


def _member(content: list[bytes], key: bytes | None) -> list[bytes]:
    body = list(members.body_of((b"".join(content),)))
    return members.labelled(body, key) if key else [members.head(), *body]


def _write_large(group: _Group, key: bytes | None, out: Sink) -> None:
    body = members.body_of(group.content())
    for part in members.labelled(list(body), key) if key else itertools.chain((members.head(),), body):
        out.write(part)


class _Writer:
    """Writes members in order, and holds no more than a few that are not done."""

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._pending: deque[list[bytes] | Future[list[bytes]]] = deque()

    def add(self, member: list[bytes] | Future[list[bytes]]) -> None:
        """Write the member when its turn comes."""
        self._pending.append(member)
        while len(self._pending) > 2 * _THREADS:
            self._write()

    def flush(self) -> None:
        """Write what was added."""
        while self._pending:
            self._write()

    def _write(self) -> None:
        member = self._pending.popleft()
        for part in member.result() if isinstance(member, Future) else member:
            self._out.write(part)
