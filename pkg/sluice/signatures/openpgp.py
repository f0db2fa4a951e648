"""OpenPGP signatures, by pysequoia (extra `pgp`).

Sequoia asks whether a key was good when the signature says that it was made. Whoever has an old key can say any time:
so the key must be good now, too, as with Flux, neither expired nor revoked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sluice.signatures.errors import SignatureError


def verify(signature: bytes, payload: bytes, rings: Sequence[bytes], *, now: datetime) -> str:
    """The id of the primary key of whoever made the detached `signature`; SignatureError if that is none of `rings`."""
    sequoia = _library()
    try:
        made = sequoia.Sig.from_bytes(signature.strip())
    except (RuntimeError, ValueError):
        raise SignatureError("unable to verify payload: it is no OpenPGP signature") from None
    certificates = [certificate for ring in rings for certificate in _certificates(sequoia, ring)]
    if not certificates:
        raise SignatureError("unable to read armored key ring: there is no OpenPGP public key in it")
    if made.expiration is None or made.expiration > now:
        for certificate in certificates:
            if _is_by(sequoia, certificate, made, payload, now):
                return _key_id(certificate.fingerprint)
    raise SignatureError("unable to verify payload with any of the given key rings: no matching key")


def _certificates(sequoia: Any, ring: bytes) -> list[Any]:
    # One ring that cannot be read does not keep the others from being tried.
    try:
        return list(sequoia.Cert.split_bytes(ring))
    except (RuntimeError, ValueError):
        return []


def _is_by(sequoia: Any, certificate: Any, made: Any, payload: bytes, now: datetime) -> bool:
    try:
        found = sequoia.verify(bytes=payload, store=lambda _: [certificate], signature=made)
    except (RuntimeError, ValueError):
        # The library's own message has a stack trace in it.
        return False
    return any(_is_good(sequoia, certificate, valid.signing_key, now) for valid in found.valid_sigs)


def _is_good(sequoia: Any, certificate: Any, fingerprint: str, now: datetime) -> bool:
    if certificate.is_revoked or (certificate.expiration is not None and certificate.expiration <= now):
        return False
    return fingerprint == certificate.fingerprint or _is_good_subkey(sequoia, certificate, fingerprint, now)


def _is_good_subkey(sequoia: Any, certificate: Any, fingerprint: str, now: datetime) -> bool:
    """Whether the newest that the certificate says of the subkey lets it live, and nothing revokes it."""
    packets = list(sequoia.packet.PacketPile.from_bytes(bytes(certificate)))
    key = next(packet for packet in packets if packet.fingerprint == fingerprint)
    types = sequoia.packet.SignatureType
    said = list(_signatures_of(sequoia, packets, packets.index(key)))
    if any(each.signature_type == types.SubkeyRevocation for each in said):
        return False
    bindings = [each for each in said if each.signature_type == types.SubkeyBinding]
    if not bindings:
        return False
    lasts = max(bindings, key=lambda each: each.signature_created).key_validity_period
    return lasts is None or key.key_created + lasts > now


def _signatures_of(sequoia: Any, packets: Sequence[Any], start: int) -> Iterator[Any]:
    """The signatures that follow a key, up to the next packet of another kind."""
    for packet in packets[start + 1 :]:
        if packet.tag != sequoia.packet.Tag.Signature:
            return
        yield packet


def _key_id(fingerprint: str) -> str:
    # RFC 9580, 5.5.4: the last eight bytes for version 4, the first eight for version 6, whose fingerprints are longer.
    return (fingerprint[-16:] if len(fingerprint) == 40 else fingerprint[:16]).upper()


def _library() -> Any:
    try:
        import pysequoia
    except ImportError:
        raise SignatureError("OpenPGP signatures need the extra `pgp` of sluice") from None
    return pysequoia
