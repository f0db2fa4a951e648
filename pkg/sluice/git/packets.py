"""The pkt-line framing of Git's smart protocol, and the two forms in which a server lists its references.

See gitprotocol-common, gitprotocol-http and gitprotocol-v2 of Git's documentation.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from sluice.git.errors import RemoteError, TooLargeError

FLUSH = b"0000"
DELIMITER = b"0001"
_OID = re.compile(rb"[0-9a-f]{40}")


def packet(text: str, end: str = "\n") -> bytes:
    """One pkt-line that carries ``text`` and a newline, which not everybody expects at ``end``."""
    data = f"{text}{end}".encode()
    return b"%04x" % (len(data) + 4) + data


def lines(data: bytes) -> Iterator[bytes | None]:
    """The payloads of ``data``'s pkt-lines without their newline; None for each flush or delimiter."""
    place = 0
    while place < len(data):
        length = size(data, place)
        if length < 4:
            yield None
            place += 4
            continue
        if place + length > len(data):
            raise RemoteError("unexpected EOF")
        yield data[place + 4 : place + length].removesuffix(b"\n")
        place += length


def size(data: bytes | bytearray, place: int) -> int:
    """The length of the pkt-line at ``place``, with its four digits; below 4: a flush or delimiter. RemoteError."""
    try:
        return int(data[place : place + 4], 16)
    except ValueError:
        raise RemoteError("the answer is not Git's smart protocol") from None


class Splitter:
    """The same for an answer that comes in pieces."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> list[bytes | None]:
        """The lines that are whole now; RemoteError for what is no pkt-line."""
        self._rest += piece
        found: list[bytes | None] = []
        place = 0
        while len(self._rest) - place >= 4:
            length = size(self._rest, place)
            if length >= 4 and place + length > len(self._rest):
                break
            found.append(bytes(self._rest[place + 4 : place + length]).removesuffix(b"\n") if length >= 4 else None)
            place += max(length, 4)
        del self._rest[:place]
        return found

    def end(self) -> None:
        """Raise RemoteError when a line was begun and not ended."""
        if self._rest:
            raise RemoteError("unexpected EOF")


class References:
    """What a server says of its references, line by line: those that start with one of the prefixes, or all."""

    def __init__(self, prefixes: Iterable[str], *, most: int) -> None:
        """`most`: how many there may be."""
        self._prefixes = tuple(prefix.encode() for prefix in prefixes)
        self._most = most
        self.found: dict[str, str] = {}

    def _note(self, oid: bytes, name: bytes) -> None:
        if not _OID.fullmatch(oid):
            raise RemoteError("the answer is not Git's smart protocol, or its objects have no SHA-1 names")
        if self._prefixes and not name.startswith(self._prefixes):
            return
        if len(self.found) >= self._most:
            raise TooLargeError(f"the server lists more than {self._most} references")
        # A reference whose name is not UTF-8 cannot be asked for in a spec either.
        with suppress(UnicodeDecodeError):
            self.found[name.decode()] = oid.decode()


class Advertisement(References):
    """An answer to ``info/refs``: of version 0 or 1 the references, of version 2 what the server can do."""

    version_2 = False
    shallow = False
    """Whether a version 2 server sends single commits without their history."""

    def add(self, line: bytes | None) -> None:
        """Take the next line; RemoteError, TooLargeError."""
        if line is None or line.startswith((b"#", b"shallow ")):
            return
        if line.startswith(b"version "):
            self.version_2 = line == b"version 2"
        elif self.version_2:
            self.shallow |= line.startswith(b"fetch=") and b"shallow" in line.removeprefix(b"fetch=").split(b" ")
        else:
            oid, _, name = line.split(b"\0")[0].partition(b" ")
            if name != b"capabilities^{}":
                self._note(oid, name)


def ask_refs(prefixes: Iterable[str]) -> bytes:
    """A version 2 request for the references that start with one of ``prefixes``."""
    arguments = ["peel", *(f"ref-prefix {prefix}" for prefix in prefixes)]
    command = packet("command=ls-refs") + packet("object-format=sha1")
    return command + DELIMITER + b"".join(packet(argument) for argument in arguments) + FLUSH


class Answer(References):
    """A version 2 answer to `ask_refs`; annotated tags appear peeled as well, as in version 0."""

    ended = False
    """Whether the server has come to an end."""

    def add(self, line: bytes | None) -> None:
        """Take the next line; RemoteError, TooLargeError."""
        self.ended = line is None
        if line is None:
            return
        if line.startswith(b"ERR "):
            raise RemoteError(line[4:].decode(errors="replace"))
        oid, name, *attributes = (*line.split(b" "), b"")
        if oid == b"unborn":
            return
        self._note(oid, name)
        for attribute in attributes:
            if attribute.startswith(b"peeled:"):
                self._note(attribute[7:], name + b"^{}")
