"""Public keys in PEM, and what each of them has signed."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from sluice.signatures.errors import SignatureError

Key = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

_CURVES: dict[type[ec.EllipticCurve], tuple[hashes.HashAlgorithm, ...]] = {
    # cosign hashes with SHA-256 whatever the curve, or as its newer versions do with what suits the curve.
    ec.SECP256R1: (hashes.SHA256(),),
    ec.SECP384R1: (hashes.SHA256(), hashes.SHA384()),
    ec.SECP521R1: (hashes.SHA256(), hashes.SHA512()),
}
_SMALLEST_RSA = 2048


def read(pem: bytes) -> Key:
    """The key of a PEM file; SignatureError if there is none, or one of a kind that cosign does not know."""
    try:
        return accepted(serialization.load_pem_public_key(pem))
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError("PEM decoding failed: there is no public key in it") from None


def accepted(key: object) -> Key:
    """The key, if it is ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519; else SignatureError."""
    if isinstance(key, ec.EllipticCurvePublicKey) and type(key.curve) in _CURVES:
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    raise SignatureError("unsupported public key: neither ECDSA P-256, P-384 or P-521, RSA from 2048 bits, nor Ed25519")


def is_by(key: Key, signature: bytes, data: bytes) -> bool:
    """Whether the signature over the data is the key's."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _holds(lambda: key.verify(signature, data))
    if isinstance(key, rsa.RSAPublicKey):
        return _holds(lambda: key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256()))
    return any(_by_ecdsa(key, signature, data, digest) for digest in _CURVES[type(key.curve)])


def _by_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes, digest: hashes.HashAlgorithm) -> bool:
    return _holds(lambda: key.verify(signature, data, ec.ECDSA(digest)))


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True
