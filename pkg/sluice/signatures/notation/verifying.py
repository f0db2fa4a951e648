"""Signatures of the Notary Project against a trust policy and certificates: one good one is enough. Runs in workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from sluice.signatures.errors import SignatureError, guarded
from sluice.signatures.notation import chains, checking, cose, envelopes, jws, names, timestamps
from sluice.signatures.notation.envelopes import Envelope, Target
from sluice.signatures.notation.policies import WILDCARD, Check, Statement

Verdict = Literal["verified", "ignored"]
"""`ignored`: nothing is proven, and the policy wants it so."""

_PARSERS: Final = {jws.MEDIA_TYPE: jws.parse, cose.MEDIA_TYPE: cose.parse}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A signature envelope, as a registry has it."""

    media_type: str
    blob: bytes
    digest: str
    """Of the manifest that it came with, for errors."""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Whom one trusts, as a Secret says it."""

    policy: bytes
    """`trustpolicy.json`."""
    certificates: tuple[bytes, ...]
    """One certificate each, in PEM or DER. All of them are in every trust store that the policy names, as in Flux."""

    def is_skipped(self, repository: str) -> bool:
        """Whether no signature is asked for there; SignatureError when the policy is not as it must be."""
        return checking.read(self.policy).statement(repository).verification.level == "skip"


def verify(found: Sequence[Found], repository: str, target: Target, trust: Trust, *, now: datetime) -> Verdict:
    """What comes of the signatures of a manifest; SignatureError unless one of them is good enough."""
    statement = checking.read(trust.policy).statement(repository)
    faults: list[str] = []
    for each in found:
        try:
            with guarded():
                return _Pass(statement, trust, now).verify(each, target)
        except SignatureError as error:
            faults.append(f"failed to verify signature with digest {each.digest}, {error}")
    raise SignatureError("\n".join(["signature verification failed", *faults]))


class _Pass:
    """One look at one signature."""

    def __init__(self, statement: Statement, trust: Trust, now: datetime) -> None:
        self._statement = statement
        self._trust = trust
        self._now = now

    def verify(self, found: Found, target: Target) -> Verdict:
        """Raises SignatureError at the first check that fails and is enforced."""
        parse = _PARSERS.get(found.media_type)
        if parse is None:
            raise SignatureError(f"signature envelope of type {found.media_type[:100]!r} is not supported")
        envelope = parse(found.blob)
        _check_whole(envelope)
        authentic = self._holds("authenticity", self._check_authenticity, envelope)
        self._holds("expiry", self._check_expiry, envelope)
        self._holds("authenticTimestamp", self._check_time, envelope)
        if self._statement.verification.action("revocation") != "skip":
            self._holds("revocation", self._check_revocation, envelope)
        envelopes.check_target(envelope, target)
        return "verified" if authentic else "ignored"

    def _holds(self, name: Check, check: Callable[[Envelope], None], envelope: Envelope) -> bool:
        try:
            check(envelope)
        except SignatureError:
            if self._statement.verification.action(name) == "enforce":
                raise
            return False
        return True

    def _check_authenticity(self, envelope: Envelope) -> None:
        trusted = self._trusted("ca" if envelope.scheme == envelopes.X509 else "signingAuthority")
        if not trusted:
            raise SignatureError("no trusted certificates are found to verify authenticity")
        if not any(certificate in trusted for certificate in envelope.chain):
            raise SignatureError("the signature's certificate chain does not contain any trusted certificate")
        if WILDCARD not in self._statement.identities:
            self._check_identity(envelope.chain[0])

    def _check_identity(self, signer: x509.Certificate) -> None:
        subject = names.subject(signer)
        if not any(wanted.items() <= subject.items() for wanted in checking.subjects(self._statement)):
            raise SignatureError(
                "signing certificate from the digital signature does not match the X.509 trusted identities "
                f'defined in the trust policy "{self._statement.name}"'
            )

    def _check_expiry(self, envelope: Envelope) -> None:
        if envelope.expiry is not None and envelope.expiry <= self._now:
            raise SignatureError(f'digital signature has expired on "{_shown(envelope.expiry)}"')

    def _check_time(self, envelope: Envelope) -> None:
        if envelope.scheme == envelopes.AUTHORITY:
            _check_valid(envelope.chain, envelope.time, envelope.time, "when the digital signature was produced")
        elif self._wants_timestamp(envelope):
            self._check_timestamp(envelope)
        else:
            _check_valid(envelope.chain, self._now, self._now, "at the time of verification")

    def _wants_timestamp(self, envelope: Envelope) -> bool:
        if not self._statement.has_store("tsa"):
            return False
        only_expired = self._statement.verification.timestamp == "afterCertExpiry"
        return not only_expired or any(self._now > each.not_valid_after_utc for each in envelope.chain)

    def _check_timestamp(self, envelope: Envelope) -> None:
        if not envelope.timestamp:
            raise SignatureError("no timestamp countersignature was found in the signature envelope")
        earliest, latest = timestamps.verified(envelope.timestamp, envelope.signature, self._trusted("tsa"))
        _check_valid(envelope.chain, earliest, latest, "at the time of its timestamp")
        _check_unrevokable(timestamps.authority(envelope.timestamp), "timestamping")

    def _check_revocation(self, envelope: Envelope) -> None:
        _check_unrevokable(envelope.chain[:-1], "signing")

    def _trusted(self, kind: str) -> list[x509.Certificate]:
        if not self._statement.has_store(kind):
            return []
        return [_certificate(data) for data in self._trust.certificates]


def _check_whole(envelope: Envelope) -> None:
    """What every signature must be, whatever the policy."""
    if envelope.expiry is not None and envelope.expiry <= envelope.time:
        raise SignatureError("expiry cannot be equal or before the signing time")
    chains.check(envelope.chain)


def _check_valid(chain: Sequence[x509.Certificate], earliest: datetime, latest: datetime, when: str) -> None:
    for each in chain:
        if earliest < each.not_valid_before_utc or latest > each.not_valid_after_utc:
            span = f"{_shown(each.not_valid_before_utc)} to {_shown(each.not_valid_after_utc)}"
            raise SignatureError(f"certificate {chains.shown(each)} was not valid {when}: it is from {span}")


def _check_unrevokable(chain: Iterable[x509.Certificate], purpose: str) -> None:
    """Nobody is asked about revocation here: where one could ask, the answer is not known."""
    for each in chain:
        if _is_revocable(each) and each.issuer != each.subject:
            text = f"{purpose} certificate with subject {chains.shown(each)} revocation status is unknown"
            raise SignatureError(f"{text}: this build asks neither OCSP servers nor for revocation lists")


def _is_revocable(certificate: x509.Certificate) -> bool:
    values = [extension.value for extension in certificate.extensions]
    return any(
        isinstance(value, x509.CRLDistributionPoints)
        or (
            isinstance(value, x509.AuthorityInformationAccess)
            and any(each.access_method == AuthorityInformationAccessOID.OCSP for each in value)
        )
        for value in values
    )


def _certificate(data: bytes) -> x509.Certificate:
    """The first of a file, as in Flux."""
    try:
        return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
    except ValueError:
        raise SignatureError("failed to parse certificate: there is none in a name of the secret") from None


def _shown(time: datetime) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S %z")
