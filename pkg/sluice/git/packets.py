"""The pkt-line framing of Git's smart protocol, and the two forms in which a server lists its references.

See gitprotocol-common, gitprotocol-http and gitprotocol-v2 of Git's documentation.
"""

from collections.abc import Iterable, Iterator

from sluice.git.errors import RemoteError

FLUSH = b"0000"
DELIMITER = b"0001"


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


def speaks_version_2(advertisement: bytes) -> bool:
    """Whether an answer to ``info/refs`` offers protocol version 2."""
    return b"version 2" in lines(advertisement)


def fetches_shallow(advertisement: bytes) -> bool:
    """Whether a version 2 server sends single commits without their history."""
    found = (line for line in lines(advertisement) if line is not None and line.startswith(b"fetch="))
    return any(b"shallow" in line.removeprefix(b"fetch=").split(b" ") for line in found)


def read_advertisement(advertisement: bytes) -> dict[str, str]:
    """The references of a version 0 or 1 answer to ``info/refs``."""
    refs: dict[str, str] = {}
    for line in lines(advertisement):
        if line is None or line.startswith((b"#", b"version ", b"shallow ")):
            continue
        oid, _, name = line.split(b"\0")[0].partition(b" ")
        if name != b"capabilities^{}":
            _add(refs, oid, name)
    return refs


def ask_refs(prefixes: Iterable[str]) -> bytes:
    """A version 2 request for the references that start with one of ``prefixes``."""
    arguments = ["peel", *(f"ref-prefix {prefix}" for prefix in prefixes)]
    command = packet("command=ls-refs") + packet("object-format=sha1")
    return command + DELIMITER + b"".join(packet(argument) for argument in arguments) + FLUSH


def read_refs(answer: bytes) -> dict[str, str]:
    """The references of a version 2 answer; annotated tags appear peeled as well, as in version 0."""
    refs: dict[str, str] = {}
    if not answer.endswith(FLUSH):
        raise RemoteError("unexpected EOF")
    for line in lines(answer):
        if line is None:
            continue
        if line.startswith(b"ERR "):
            raise RemoteError(line[4:].decode(errors="replace"))
        oid, name, *attributes = line.split(b" ")
        if oid == b"unborn":
            continue
        _add(refs, oid, name)
        for attribute in attributes:
            if attribute.startswith(b"peeled:"):
                _add(refs, attribute[7:], name + b"^{}")
    return refs


def _add(refs: dict[str, str], oid: bytes, name: bytes) -> None:
    try:
        refs[name.decode()] = oid.decode("ascii")
    except UnicodeDecodeError:
        # A reference whose name is not UTF-8 cannot be asked for in a spec either.
        return
