"""Between libgit2, which speaks version 0 of Git's protocol, and servers that speak version 2.

With version 2 a fetch of known objects is one request. libgit2 asks for a list first, then what is shallow, then
negotiates: all of that is answered here, and only its last request becomes one of the server.
See gitprotocol-pack and gitprotocol-v2 of Git's documentation.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass

from sluice.git import packets
from sluice.git.errors import RemoteError

NAK = packets.packet("NAK")
_SERVICE = packets.packet("# service=git-upload-pack") + packets.FLUSH
_CAPABILITIES = "side-band-64k ofs-delta thin-pack shallow no-progress"
"""What is offered to libgit2: no form of multi_ack, so that all it expects before the pack is one NAK."""
_MOST_HEADER = 1 << 20
"""Bytes that a server may send before the pack."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What one request of libgit2 asks for."""

    lines: tuple[str, ...] = ()
    """The wants, shallow and deepen lines and haves, without capabilities: their form is the same in version 2."""
    done: bool = False
    """Whether it expects the pack now."""

    @classmethod
    def read(cls, body: bytes) -> "Wanted":
        """Read a request; raises RemoteError where it is none."""
        found = [line.decode("ascii", "replace") for line in packets.lines(body) if line is not None]
        lines = tuple(" ".join(line.split(" ")[:2]) if line.startswith("want ") else line for line in found)
        return cls(lines=tuple(line for line in lines if line != "done"), done="done" in lines)

    def after(self, before: "Wanted") -> "Wanted":
        """This one with what was said before: libgit2 repeats that in all requests but one, which is a bare `done`."""
        complete = any(line.startswith("want ") for line in self.lines)
        return self if complete else Wanted(lines=(*before.lines, *self.lines), done=self.done)

    def negotiation(self, shallow: Collection[str]) -> bytes:
        """The answer to a request before the last: the commits at which history ends, or that nothing is common yet."""
        if any(line.startswith("have ") for line in self.lines):
            return NAK
        return b"".join(packets.packet(f"shallow {commit}", end="") for commit in shallow) + packets.FLUSH

    def in_version_2(self) -> bytes:
        """The last request, for a server that speaks version 2."""
        arguments = ("thin-pack", "no-progress", "ofs-delta", *self.lines, "done")
        command = packets.packet("command=fetch") + packets.packet("object-format=sha1")
        return command + packets.DELIMITER + b"".join(map(packets.packet, arguments)) + packets.FLUSH


def advertisement(refs: Mapping[str, str]) -> bytes:
    """What a server says in version 0 that has these references, at least one."""
    first, *others = (f"{oid} {name}" for name, oid in sorted(refs.items()))
    lines = [f"{first}\0{_CAPABILITIES}", *others]
    return _SERVICE + b"".join(map(packets.packet, lines)) + packets.FLUSH


async def pack(answer: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A version 2 answer as version 0 has it: NAK, and the pack in its side band. Raises RemoteError."""
    head = bytearray()
    async for chunk in answer:
        head += chunk
        start = _start_of_pack(head)
        if start is not None:
            yield NAK + bytes(head[start:])
            break
        if len(head) > _MOST_HEADER:
            raise RemoteError("the answer is not Git's smart protocol")
    else:
        raise RemoteError("unexpected EOF")
    async for chunk in answer:
        yield chunk


def _start_of_pack(head: bytearray) -> int | None:
    """Where the side band begins; None when that has not come yet."""
    place = 0
    while place + 4 <= len(head):
        size = packets.size(head, place)
        line = head[place + 4 : place + size]
        if len(line) < size - 4:
            return None
        if line.startswith(b"ERR "):
            raise RemoteError(line[4:].decode(errors="replace").strip())
        place += max(size, 4)
        if line.strip() == b"packfile":
            return place
    return None
