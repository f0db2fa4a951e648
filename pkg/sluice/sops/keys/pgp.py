"""OpenPGP private keys without a passphrase. The only door to pysequoia."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.metadata import Entry


def private_keys(content: bytes) -> Iterator[Any]:
    """The private keys of a key ring, armored or not: of each key as many as it has subkeys, with one of them each.

    The library decrypts with a single subkey of a key, and does not say with which.

    Raises:
        InvalidKey: it cannot be read, or pysequoia is not there.
    """
    sequoia = _library()
    try:
        packets = list(sequoia.packet.PacketPile.from_bytes(content))
        rings = _cut(packets, sequoia.packet.Tag.SecretKey)[1:]
        found = [sequoia.Tsk.from_packets(key) for ring in rings for key in _parted(ring, sequoia.packet.Tag)]
    except (RuntimeError, ValueError):
        # The library's own message has a stack trace in it.
        raise InvalidKey("it is no OpenPGP key") from None
    if not found:
        raise InvalidKey("it holds no OpenPGP private key")
    yield from found


def _parted(ring: list[Any], tags: Any) -> Iterator[list[Any]]:
    """One key, as keys with one subkey each; one without any stays as it is."""
    head, *subkeys = _cut(ring, tags.SecretSubkey)
    yield from (head + subkey for subkey in subkeys)
    if not subkeys:
        yield head


def _cut(packets: list[Any], tag: Any) -> list[list[Any]]:
    """What is before the first packet of a kind, and then the parts that begin with one."""
    starts = [at for at, each in enumerate(packets) if each.tag == tag]
    return [packets[start:end] for start, end in zip([0, *starts], [*starts, len(packets)], strict=True)]


class PGP:
    """Opens data keys with OpenPGP private keys."""

    def __init__(self, found: Iterable[Any]) -> None:
        """`found` are those of `private_keys`."""
        self._keys = list(found)

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        message = entry.enc.encode("utf-8", "surrogateescape")
        for key in self._keys:
            try:
                return bytes(_library().decrypt(message, decryptor=key.decryptor()).bytes)
            except (RuntimeError, ValueError):
                continue
        raise KeyUnavailable("no OpenPGP key at hand opens it" if self._keys else "there is no OpenPGP key at hand")


def _library() -> Any:
    try:
        import pysequoia
    except ImportError:
        raise InvalidKey("OpenPGP keys need the extra `pgp` of sluice") from None
    return pysequoia
