"""A signature of the Notary Project, out of either of its envelopes, and the payload that it is over.

https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cryptography import x509

from sluice.signatures import documents
from sluice.signatures.errors import SignatureError

Scheme = Literal["notary.x509", "notary.x509.signingAuthority"]

X509: Final = "notary.x509"
AUTHORITY: Final = "notary.x509.signingAuthority"
PAYLOAD: Final = "application/vnd.cncf.notary.payload.v1+json"

SCHEME: Final = "io.cncf.notary.signingScheme"
EXPIRY: Final = "io.cncf.notary.expiry"
SIGNING_TIME: Final = "io.cncf.notary.signingTime"
AUTHENTIC_TIME: Final = "io.cncf.notary.authenticSigningTime"
TIMESTAMP: Final = "io.cncf.notary.timestampSignature"
PLUGIN: Final = "io.cncf.notary.verificationPlugin"

_CERTIFICATES: Final = 20
"""How many a chain may have."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What an envelope says; its signature is known to be that of the first certificate's key."""

    payload: bytes
    chain: tuple[x509.Certificate, ...]
    """From the signer's certificate to the root."""
    algorithm: str
    scheme: Scheme
    time: datetime
    """When it was signed, by the signer's own word; with the scheme of authorities, by theirs."""
    expiry: datetime | None
    signature: bytes
    timestamp: bytes
    """A token of RFC 3161 over the signature; empty when there is none."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The manifest that must be signed."""

    media_type: str
    digest: str
    size: int


class _Artifact(documents.Model):
    mediaType: str  # noqa: N815 - as the format writes it
    digest: str
    size: int


class _Payload(documents.Model):
    targetArtifact: _Artifact  # noqa: N815 - as the format writes it


def check_target(envelope: Envelope, target: Target) -> None:
    """SignatureError unless the signature is over this very manifest."""
    signed = documents.read(_Payload, envelope.payload, "the signed payload").targetArtifact
    if (signed.mediaType, signed.digest, signed.size) != (target.media_type, target.digest, target.size):
        raise SignatureError("content descriptor mismatch")


def certificates(ders: object) -> tuple[x509.Certificate, ...]:
    """The certificates of an envelope; SignatureError when there are none, or far too many."""
    if not isinstance(ders, (list, tuple)) or not ders:
        raise SignatureError("certificate chain is not present")
    if len(ders) > _CERTIFICATES:
        raise SignatureError(f"certificate chain has more than {_CERTIFICATES} certificates")
    try:
        return tuple(x509.load_der_x509_certificate(der) for der in ders)
    except (ValueError, TypeError):
        raise SignatureError("malformed certificate in the certificate chain") from None


def check_critical(critical: list[object], known: set[str], scheme: str, *, expires: bool) -> None:
    """SignatureError unless everything that must be marked critical is, and nothing else: plugins are not run."""
    must = {SCHEME, *([EXPIRY] if expires else []), *([AUTHENTIC_TIME] if scheme == AUTHORITY else [])}
    marked = {each for each in critical if isinstance(each, str)}
    if missing := sorted(must - marked):
        raise SignatureError(f"these required headers are not marked as critical: [{' '.join(missing)}]")
    if PLUGIN in known:
        raise SignatureError("plugin unsupported due to nil verifier.pluginManager")
    if len(marked) != len(critical) or marked - must:
        raise SignatureError("a header is marked critical that is not known here")
