"""The algorithms of signatures: one for each kind and size of key."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from sluice.signatures.errors import SignatureError

_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_RSA: Final = {2048: "PS256", 3072: "PS384", 4096: "PS512"}
_EC: Final = {256: "ES256", 384: "ES384", 521: "ES512"}
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def of(certificate: x509.Certificate) -> str:
    """The algorithm that the certificate's key signs with; SignatureError if it is no kind that may sign."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError("signing key is not supported") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA:
        return _RSA[key.key_size]
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return _EC[key.key_size]
    raise SignatureError("signing key is not supported")


def check(certificate: x509.Certificate, algorithm: str, signature: bytes, data: bytes) -> None:
    """SignatureError unless the signature over the data is the certificate's, by this algorithm and no other."""
    if algorithm != of(certificate):
        raise SignatureError("mismatch between the signing algorithm and the key of the signing certificate")
    key, digest = certificate.public_key(), _DIGESTS[algorithm[2:]]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(signature, key), data, ec.ECDSA(digest))
    except (InvalidSignature, ValueError):
        raise SignatureError("signature is invalid") from None


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    half = (key.key_size + 7) // 8
    if len(signature) != 2 * half:
        raise ValueError("not two numbers of the curve's size")
    return utils.encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
