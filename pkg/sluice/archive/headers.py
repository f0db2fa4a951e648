"""Tar headers: those that Go's ``archive/tar`` writes for Flux's entries.

Owner 0, epoch, fixed modes; USTAR, with PAX records only where a name needs them.
"""

from sluice.archive.entries import Entry
from sluice.archive.errors import ArchiveError

DIRECTORY_MODE = 0o750
FILE_MODE = 0o600
EXECUTABLE_MODE = 0o700

BLOCK = 512
_NAME_SIZE = 100
_PREFIX_SIZE = 155


def header(entry: Entry) -> bytes:
    """What stands before an entry's content. Raises ArchiveError for what a tar cannot hold."""
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
    return header + record + bytes(-len(record) % BLOCK)


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
