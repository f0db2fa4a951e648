"""Chains of certificates as the Notary Project wants them: complete, ordered, for signing, up to a self-signed root.

https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md#certificate-requirements.
General verifiers of chains do not fit: the chain's times are looked at elsewhere, against the time of signing, and any
certificate of it may be the trusted one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.signatures.errors import SignatureError

_OTHER_PURPOSES: Final = (
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.OCSP_SIGNING,
)
_DIGESTS: Final = (hashes.SHA224, hashes.SHA256, hashes.SHA384, hashes.SHA512)

E = TypeVar("E", bound=x509.ExtensionType)


def check(chain: Sequence[x509.Certificate]) -> None:
    """SignatureError unless each certificate is issued by the next, the last by itself, and each is of its kind."""
    try:
        _check_leaf(chain[0])
        if len(chain) == 1:
            _check_issued(chain[0], chain[0])
            return
        for number, (certificate, issuer) in enumerate(zip(chain, [*chain[1:], chain[-1]], strict=True)):
            _check_issued(certificate, issuer)
            if number:
                _check_authority(certificate, below=number - 1)
    except SignatureError as error:
        raise SignatureError(f"certificate-chain is invalid, {error}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError("certificate-chain is invalid, a certificate has parts that cannot be read") from None


def shown(certificate: x509.Certificate) -> str:
    """The subject, as errors name it."""
    return f'"{certificate.subject.rfc4514_string()[:200]}"'


def _check_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        if not isinstance(certificate.signature_hash_algorithm, _DIGESTS):
            raise SignatureError(f"certificate with subject {shown(certificate)} is signed with a weak digest")
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        text = f"certificate with subject {shown(certificate)} is not issued by {shown(issuer)}"
        raise SignatureError(text) from None


def _check_leaf(certificate: x509.Certificate) -> None:
    basic = _find(certificate, x509.BasicConstraints)
    if basic is not None and basic.value.ca:
        raise SignatureError(f"certificate with subject {shown(certificate)}: the ca field must be set to false")
    usage = _usage(certificate)
    others = (
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    if not usage.digital_signature or any(others):
        raise SignatureError(
            f'certificate with subject {shown(certificate)}: the key usage must be "Digital Signature" only'
        )
    purposes = _find(certificate, x509.ExtendedKeyUsage)
    if purposes is not None and any(purpose in _OTHER_PURPOSES for purpose in purposes.value):
        raise SignatureError(f"certificate with subject {shown(certificate)}: extended key usage has another purpose")


def _check_authority(certificate: x509.Certificate, *, below: int) -> None:
    basic = _find(certificate, x509.BasicConstraints)
    if basic is None or not basic.value.ca:
        raise SignatureError(
            f"certificate with subject {shown(certificate)}: ca field in basic constraints must be present, critical, "
            "and set to true"
        )
    longest = basic.value.path_length
    if longest is not None and longest < below:
        raise SignatureError(
            f"certificate with subject {shown(certificate)}: expected path length of {below} "
            f"but certificate has path length {longest} instead"
        )
    if not _usage(certificate).key_cert_sign:
        raise SignatureError(f"certificate with subject {shown(certificate)}: key usage must have key cert sign set")


def _usage(certificate: x509.Certificate) -> x509.KeyUsage:
    usage = _find(certificate, x509.KeyUsage)
    if usage is None:
        raise SignatureError(f"certificate with subject {shown(certificate)}: key usage extension must be present")
    if not usage.critical:
        text = f"certificate with subject {shown(certificate)}: key usage extension must be marked critical"
        raise SignatureError(text)
    return usage.value


def _find(certificate: x509.Certificate, kind: type[E]) -> x509.Extension[E] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
