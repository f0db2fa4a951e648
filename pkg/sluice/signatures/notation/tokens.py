"""Tokens of RFC 3161 in the form that `rfc3161-client` reads: DER to the letter, within an authority's answer."""

from collections.abc import Iterator
from typing import Final

_CERTIFICATES: Final = 0xA0


def ordered(token: bytes) -> bytes:
    """The token, with its certificates in the order of DER, which few authorities keep. No signature is over them.

    Raises ValueError when it cannot be read so far.
    """
    # ContentInfo, [0], SignedData (RFC 5652, 3 and 5.1): version, algorithms and content come before the certificates.
    content, _ = _inside(token, 0)
    _, wrapped = _inside(token, content)
    signed, _ = _inside(token, wrapped)
    at, _ = _inside(token, signed)
    for _ in range(3):
        _, at = _inside(token, at)
    if at >= len(token) or token[at] != _CERTIFICATES:
        return token
    start, end = _inside(token, at)
    return token[:start] + b"".join(sorted(_elements(token, start, end))) + token[end:]


def granted(token: bytes) -> bytes:
    """The answer of an authority that holds the token: a SEQUENCE of the status 0 and it."""
    content = b"\x30\x03\x02\x01\x00" + token
    length = len(content)
    if length < 0x80:
        return b"\x30" + bytes([length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return b"\x30" + bytes([0x80 | len(size)]) + size + content


def _elements(data: bytes, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        _, after = _inside(data, start)
        yield data[start:after]
        start = after


def _inside(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element begins and ends; ValueError when it is not there, or has no length."""
    if at + 2 > len(data):
        raise ValueError("cut short")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size]), start + size
        if not size:
            raise ValueError("of indefinite length")
    if start + length > len(data):
        raise ValueError("cut short")
    return start, start + length
