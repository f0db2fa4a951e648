"""Deterministic tar.gz: equal trees give equal bytes.

The tar bytes are those that Go's ``archive/tar`` writes for Flux's headers (owner 0, epoch, fixed modes,
USTAR with PAX records only where a name needs them). The gzip bytes are zlib's: Go's compressor chooses other
matches, so the digest of an artifact equals Flux's only for what it contains, not as a string.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

from sluice.archive.entries import Entry, Ignore, walk
from sluice.archive.errors import ArchiveError

DIRECTORY_MODE = 0o750
FILE_MODE = 0o600
EXECUTABLE_MODE = 0o700

_BLOCK = 512
_CHUNK = 1 << 18
_NAME_SIZE = 100
_PREFIX_SIZE = 155
# Magic, deflate, no flags, no time, no extra flags, unknown operating system: what Go writes for an empty
# header.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class Sink(Protocol):
    """Where archive bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take all of ``data``."""


def pack(root: Path, out: BinaryIO, *, ignore: Ignore | None = None) -> None:
    """Write the directory ``root`` to ``out`` as a deterministic tar.gz."""
    write(walk(root, ignore), out)


def write(entries: Iterable[Entry], out: Sink) -> None:
    """Write ``entries``, in their order, to ``out`` as a deterministic tar.gz.

    Raises ArchiveError when an entry yields fewer or more bytes than it announced.
    """
    stream = _Gzip(out)
    for entry in entries:
        stream.write(_header(entry))
        if entry.open is not None:
            _copy(entry, stream)
    stream.write(bytes(2 * _BLOCK))
    stream.finish()


class _Gzip:
    def __init__(self, out: Sink) -> None:
        self._out = out
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._pending = bytearray()
        self._crc = 0
        self._size = 0
        out.write(_GZIP_HEADER)

    def write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) >= _CHUNK:
            self._compress()

    def _compress(self) -> None:
        self._crc = zlib.crc32(self._pending, self._crc)
        self._size += len(self._pending)
        self._out.write(self._deflate.compress(self._pending))
        self._pending.clear()

    def finish(self) -> None:
        self._compress()
        self._out.write(self._deflate.flush())
        self._out.write(self._crc.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little"))


def _copy(entry: Entry, stream: _Gzip) -> None:
    assert entry.open is not None
    left = entry.size
    with entry.open() as content:
        while chunk := content.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            stream.write(chunk)
    if left:
        raise ArchiveError(f"{entry.name} changed while it was archived")
    stream.write(bytes(-entry.size % _BLOCK))


def _header(entry: Entry) -> bytes:
    name = entry.name.encode("utf-8", "surrogateescape")
    if entry.directory:
        mode = DIRECTORY_MODE
    else:
        mode = EXECUTABLE_MODE if entry.executable else FILE_MODE
    kind = b"5" if entry.directory else b"0"
    if len(name) <= _NAME_SIZE and name.isascii():
        return _block(name=name, mode=mode, size=entry.size, kind=kind)
    if split := _split(name):
        prefix, rest = split
        return _block(name=rest, prefix=prefix, mode=mode, size=entry.size, kind=kind)
    short = _ascii(name)[:_NAME_SIZE].rstrip(b"/")
    return _pax(name) + _block(name=short, mode=mode, size=entry.size, kind=kind)


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """USTAR's two name fields, when the name is ASCII and has a slash at a place that suits both."""
    if not name.isascii():
        return None
    cut = name[: _PREFIX_SIZE + 1].rfind(b"/")
    rest = name[cut + 1 :]
    if cut <= 0 or not rest or len(rest) > _NAME_SIZE:
        return None
    return name[:cut], rest


def _pax(name: bytes) -> bytes:
    body = b" path=" + name + b"\n"
    length = len(body) + len(str(len(body)))
    if len(str(length)) > len(str(len(body))):
        length += 1
    record = str(length).encode() + body
    directory, _, base = name.rpartition(b"/")
    place = directory + b"/PaxHeaders.0/" + base if directory else b"PaxHeaders.0/" + base
    header = _block(name=_ascii(place)[:_NAME_SIZE].rstrip(b"/"), mode=0, size=len(record), kind=b"x")
    return header + record + bytes(-len(record) % _BLOCK)


def _ascii(name: bytes) -> bytes:
    return bytes(byte for byte in name if byte < 0x80)


def _block(*, name: bytes, mode: int, size: int, kind: bytes, prefix: bytes = b"") -> bytes:
    if size >= 1 << 33:
        raise ArchiveError("a file of 8 GiB or more cannot be archived")
    zero = b"0000000\x00"
    before = name.ljust(_NAME_SIZE, b"\x00") + b"%07o\x00" % mode + zero + zero + b"%011o\x00" % size + b"%011o\x00" % 0
    after = (
        kind + bytes(100) + b"ustar\x0000" + bytes(64) + zero + zero + prefix.ljust(_PREFIX_SIZE, b"\x00") + bytes(12)
    )
    checksum = sum(before) + sum(after) + 8 * ord(" ")
    return before + b"%06o\x00 " % checksum + after
