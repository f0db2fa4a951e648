"""The wire format: tags, varints, lengths. https://protobuf.dev/programming-guides/encoding/"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class ProtobufError(ValueError):
    """The bytes are no message of the kind they should be."""


def fields(raw: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The number and the raw value of each field, in order."""
    position = 0
    while position < len(raw):
        tag, position = varint(raw, position)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, position = varint(raw, position)
            yield number, value
        elif wire == BYTES:
            length, position = varint(raw, position)
            yield number, _slice(raw, position, length)
            position += length
        elif wire in (FIXED64, FIXED32):
            size, form = (8, "<d") if wire == FIXED64 else (4, "<f")
            yield number, struct.unpack(form, _slice(raw, position, size))[0]
            position += size
        else:
            raise ProtobufError(f"proto: illegal wireType {wire}")


def varint(raw: bytes, position: int) -> tuple[int, int]:
    """The number at the position, and the position after it."""
    value = shift = 0
    while True:
        if position >= len(raw) or shift > 63:
            raise ProtobufError("unexpected EOF")
        byte = raw[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def signed(value: int) -> int:
    """A varint as the 64-bit two's complement it stands for."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _slice(raw: bytes, position: int, length: int) -> bytes:
    if position + length > len(raw):
        raise ProtobufError("unexpected EOF")
    return raw[position : position + length]
