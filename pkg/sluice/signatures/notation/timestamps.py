"""Timestamps of RFC 3161 over a signature: when it was there, by the word of an authority that is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509

from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import tokens

_LONGEST: Final = 200


def verified(token: bytes, signature: bytes, trusted: Sequence[x509.Certificate]) -> tuple[datetime, datetime]:
    """The earliest and the latest time at which the token can have been made.

    SignatureError unless it is over the signature, and by an authority under one of the trusted certificates.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    if not trusted:
        raise SignatureError("no trusted TSA certificate found in trust store")
    try:
        response = decode_timestamp_response(tokens.granted(tokens.ordered(token)))
    except ValueError:
        raise SignatureError("failed to parse timestamp countersignature") from None
    try:
        VerifierBuilder(roots=list(trusted)).build().verify_message(response, signature)
    except (ValueError, VerificationError) as error:
        # What OpenSSL says after this is for its own people.
        told = str(error).partition(": ErrorStack")[0][:_LONGEST]
        raise SignatureError(f"failed to verify the timestamp countersignature with error: {told}") from None
    info = response.tst_info
    around = _accuracy(info.accuracy)
    return info.gen_time - around, info.gen_time + around


def authority(token: bytes) -> list[x509.Certificate]:
    """The certificates in a token that is verified already."""
    from rfc3161_client import decode_timestamp_response

    data = decode_timestamp_response(tokens.granted(tokens.ordered(token))).signed_data
    return [x509.load_der_x509_certificate(der) for der in data.certificates]


def _accuracy(accuracy: Any) -> timedelta:
    """One second where the authority does not say better: it may have rounded."""
    if accuracy is None:
        return timedelta(seconds=1)
    millis, micros = (getattr(accuracy, part, None) or 0 for part in ("millis", "micros"))
    return timedelta(seconds=accuracy.seconds or 0, milliseconds=millis, microseconds=micros)
