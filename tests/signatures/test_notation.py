"""Signatures of the Notary Project: both envelopes, certificates, trust policies, expiry, timestamps."""

import base64
import contextlib
import dataclasses
import json
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import chains, envelopes, verifying
from sluice.signatures.notation.envelopes import Target
from sluice.signatures.notation.verifying import Found, Trust
from sluice.testing.notaries import Notary, PrivateKey, policy
from sluice.testing.timestampers import COMMAND, Timestamper

REPOSITORY = "registry.example.com/org/app"
TARGET = Target(media_type="application/vnd.oci.image.manifest.v1+json", digest="sha256:" + "a" * 64, size=321)
NOW = datetime.now(UTC)
TYPES = {"jws": "application/jose+json", "cose": "application/cose"}
KEYS: dict[str, Callable[[], PrivateKey]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 3072": lambda: rsa.generate_private_key(65537, 3072),
}


@pytest.fixture(name="notary", scope="module")
def notary_fixture() -> Notary:
    return Notary.new()


@pytest.fixture(name="form", params=list(TYPES))
def form_fixture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def found(form: str, notary: Notary, target: Target = TARGET) -> Found:
    blob = notary.jws(target) if form == "jws" else notary.cose(target)
    return Found(media_type=TYPES[form], blob=blob, digest="sha256:5196")


def verify(signed: Found | Sequence[Found], *roots: bytes, by: bytes | None = None, now: datetime = NOW) -> str:
    trust = Trust(policy=policy() if by is None else by, certificates=roots)
    return verifying.verify([signed] if isinstance(signed, Found) else signed, REPOSITORY, TARGET, trust, now=now)


@pytest.mark.parametrize("kind", KEYS)
def test_what_a_trusted_certificate_signed_is_good(form: str, kind: str) -> None:
    notary = Notary.new(key=KEYS[kind]())
    assert verify(found(form, notary), notary.root) == "verified"


def test_a_certificate_may_be_in_der_and_any_of_the_chain(form: str, notary: Notary) -> None:
    for certificate in notary.chain:
        assert verify(found(form, notary), certificate.public_bytes(serialization.Encoding.DER)) == "verified"


def test_what_nobody_trusted_signed_is_not(form: str, notary: Notary) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(found(form, notary), Notary.new().root)
    assert str(caught.value) == (
        "signature verification failed\nfailed to verify signature with digest sha256:5196, "
        "the signature's certificate chain does not contain any trusted certificate"
    )


def test_one_good_signature_is_enough(form: str, notary: Notary) -> None:
    signed = [found(form, Notary.new()), Found(media_type="text/plain", blob=b"", digest="x"), found(form, notary)]
    assert verify(signed, notary.root) == "verified"


def test_signatures_of_other_kinds_are_told() -> None:
    with pytest.raises(SignatureError, match="signature envelope of type 'text/plain' is not supported"):
        verify(Found(media_type="text/plain", blob=b"", digest="x"), b"")


def test_a_secret_without_a_certificate_is_told(form: str, notary: Notary) -> None:
    with pytest.raises(SignatureError, match="failed to parse certificate"):
        verify(found(form, notary), b"-----BEGIN CERTIFICATE-----")
    with pytest.raises(SignatureError, match="no trusted certificates are found"):
        verify(found(form, notary), notary.root, by=policy(stores=["signingAuthority:acme"]))


@pytest.mark.parametrize("level", ["strict", "audit"])
def test_a_signature_over_another_manifest_proves_nothing(form: str, notary: Notary, level: str) -> None:
    for other in ({"digest": "sha256:" + "b" * 64}, {"size": 1}, {"media_type": "x/y"}):
        signed = found(form, notary, dataclasses.replace(TARGET, **other))
        with pytest.raises(SignatureError, match="content descriptor mismatch"):
            verify(signed, notary.root, by=policy(level=level))


@pytest.mark.parametrize(
    ("identity", "good"),
    [
        ("*", True),
        ("x509.subject: C=US, ST=WA, O=acme", True),
        ("x509.subject:C=US,S=WA,O=acme,CN=me", True),
        ("x509.subject: C=US, ST=WA, O=acme, CN=you", False),
        ("x509.subject: C=US, ST=WA, O=other", False),
        ("plugin: somebody", False),
    ],
)
def test_the_signer_must_have_the_trusted_name(form: str, notary: Notary, identity: str, good: bool) -> None:
    by = policy(identities=[identity])
    if good:
        assert verify(found(form, notary), notary.root, by=by) == "verified"
    else:
        with pytest.raises(SignatureError, match=r"does not match the X\.509 trusted identities"):
            verify(found(form, notary), notary.root, by=by)


def test_a_certificate_that_has_expired_is_not_good_without_a_timestamp(form: str) -> None:
    notary = Notary.new(begin=NOW - timedelta(days=3))
    with pytest.raises(SignatureError, match="was not valid at the time of verification"):
        verify(found(form, notary), notary.root)
    assert verify(found(form, notary), notary.root, by=policy(level="permissive")) == "verified"
    assert verify(found(form, notary), notary.root, now=NOW - timedelta(days=2.5)) == "verified"


def test_a_certificate_that_is_not_yet_good_is_not(form: str) -> None:
    notary = Notary.new(begin=NOW + timedelta(days=3))
    with pytest.raises(SignatureError, match="was not valid at the time of verification"):
        verify(found(form, notary), notary.root)


def test_a_signature_that_has_expired_is_not_good_where_that_is_enforced(form: str, notary: Notary) -> None:
    signed = found(form, notary.expiring(NOW.replace(microsecond=0)))
    with pytest.raises(SignatureError, match="digital signature has expired on"):
        verify(signed, notary.root)
    assert verify(signed, notary.root, now=NOW - timedelta(minutes=1)) == "verified"
    assert verify(signed, notary.root, by=policy(override={"expiry": "log"})) == "verified"


def test_a_signature_cannot_have_expired_before_it_was_made(form: str, notary: Notary) -> None:
    with pytest.raises(SignatureError, match="expiry cannot be equal or before the signing time"):
        verify(found(form, notary.expiring(notary.time)), notary.root, by=policy(level="audit"))


def test_what_is_only_watched_proves_nothing_and_stops_nothing(form: str, notary: Notary) -> None:
    by = policy(level="audit")
    assert verify(found(form, notary), Notary.new().root, by=by) == "ignored"
    assert verify(found(form, notary), notary.root, by=by) == "verified"


def test_authorities_vouch_for_the_time_of_signing(form: str) -> None:
    notary = Notary.new(begin=NOW - timedelta(days=3))
    notary = dataclasses.replace(notary, scheme=envelopes.AUTHORITY)
    by = policy(stores=["signingAuthority:acme"])
    assert verify(found(form, notary), notary.root, by=by) == "verified"
    with pytest.raises(SignatureError, match="no trusted certificates are found"):
        verify(found(form, notary), notary.root, by=policy(stores=["ca:acme"]))
    late = dataclasses.replace(notary, time=NOW)
    with pytest.raises(SignatureError, match="was not valid when the digital signature was produced"):
        verify(found(form, late), notary.root, by=by)


POINTS = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://127.0.0.1:9/crl")], None, None, None)]
)
OCSP = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://127.0.0.1:9"))]
)
ISSUERS = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://x/ca"))]
)


def test_where_the_certificate_of_the_issuer_is_says_nothing_of_revocation(form: str) -> None:
    notary = Notary.new(extensions=[ISSUERS])
    assert verify(found(form, notary), notary.root) == "verified"


@pytest.mark.parametrize("extension", [POINTS, OCSP], ids=["list", "OCSP"])
def test_a_certificate_whose_revocation_could_be_asked_for_is_of_unknown_standing(
    form: str, extension: x509.ExtensionType
) -> None:
    notary = Notary.new(extensions=[extension])
    with pytest.raises(SignatureError, match="revocation status is unknown"):
        verify(found(form, notary), notary.root)
    for lenient in (policy(level="permissive"), policy(override={"revocation": "skip"})):
        assert verify(found(form, notary), notary.root, by=lenient) == "verified"


def _with_chain(form: str, notary: Notary, *chain: x509.Certificate) -> Found:
    """What the notary signed, shown with other certificates."""
    return _with_ders(form, notary, *(each.public_bytes(serialization.Encoding.DER) for each in chain))


def _with_ders(form: str, notary: Notary, *ders: bytes) -> Found:
    signed = found(form, notary)
    if form == "jws":
        document = json.loads(signed.blob)
        document["header"]["x5c"] = [base64.b64encode(der).decode() for der in ders]
        return dataclasses.replace(signed, blob=json.dumps(document).encode())
    protected, loose, payload, signature = cbor2.loads(signed.blob).value
    parts = [protected, {**loose, 33: list(ders)}, payload, signature]
    return dataclasses.replace(signed, blob=cbor2.dumps(cbor2.CBORTag(18, parts)))


@pytest.mark.parametrize("level", ["strict", "audit"])
def test_a_chain_must_be_whole_and_in_order(form: str, notary: Notary, level: str) -> None:
    leaf, root = notary.chain
    stranger = Notary.new().chain[1]
    for chain, told in (
        ([leaf], "certificate-chain is invalid, .* is not issued by"),
        ([leaf, stranger], "certificate-chain is invalid, .* is not issued by"),
        ([leaf, leaf, root], "certificate-chain is invalid, "),
        ([root, leaf], "mismatch|signature is invalid"),
        ([], "chain"),
        ([leaf] * 21, "more than 20 certificates"),
    ):
        with pytest.raises(SignatureError, match=told):
            verify(_with_chain(form, notary, *chain), notary.root, by=policy(level=level))


def test_a_certificate_must_be_for_signing_and_its_issuer_for_issuing(form: str, notary: Notary) -> None:
    server = Notary.new(purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    with pytest.raises(SignatureError, match="extended key usage has another purpose"):
        verify(found(form, server), server.root)
    # Whoever has a certificate for signing could otherwise give out more of them.
    forged = notary.issue("C=US,ST=WA,O=acme,CN=forger")
    with pytest.raises(SignatureError, match="ca field in basic constraints must be present"):
        verify(found(form, forged), notary.root)


def test_a_key_of_a_kind_that_must_not_sign_does_not(form: str) -> None:
    small = Notary.new(key=rsa.generate_private_key(65537, 2048))
    weak = Notary.new(key=rsa.generate_private_key(65537, 1024))
    with pytest.raises(SignatureError, match="signing key is not supported"):
        verify(_with_chain(form, small, *weak.chain), weak.root)


@pytest.mark.needs(COMMAND)
def test_a_certificate_that_is_signed_with_a_weak_digest_is_not_good(tmp_path: Path) -> None:
    usage = ["-subj", "/CN=me", "-addext", "keyUsage=critical,digitalSignature", "-addext", "basicConstraints=CA:FALSE"]
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-out", str(tmp_path / "me.crt")]
    for digest, good in (("-sha256", True), ("-sha1", False)):
        subprocess.run([COMMAND, "req", "-x509", digest, *key, *usage], check=True, capture_output=True)
        certificate = x509.load_pem_x509_certificate((tmp_path / "me.crt").read_bytes())
        if good:
            chains.check([certificate])
        else:
            with pytest.raises(SignatureError, match="signed with a weak digest"):
                chains.check([certificate])


def test_a_changed_envelope_is_noticed(form: str, notary: Notary) -> None:
    mine, other = found(form, notary), found(form, notary, dataclasses.replace(TARGET, size=1))
    if form == "jws":
        one, two = json.loads(mine.blob), json.loads(other.blob)
        mixed = json.dumps({**one, "payload": two["payload"]}).encode()
    else:
        one, two = cbor2.loads(mine.blob).value, cbor2.loads(other.blob).value
        mixed = cbor2.dumps(cbor2.CBORTag(18, [one[0], one[1], two[2], one[3]]))
    with pytest.raises(SignatureError, match="signature is invalid"):
        verify(dataclasses.replace(mine, blob=mixed), notary.root, by=policy(level="audit"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"critical": ["acme"]}, "marked critical that is not known here"),
        ({"critical": ["acme"], "headers": {"acme": "x"}}, "marked critical that is not known here"),
        ({"headers": {envelopes.PLUGIN: "x"}}, "plugin unsupported"),
        ({"headers": {envelopes.PLUGIN: "x"}, "critical": [envelopes.PLUGIN]}, "plugin unsupported"),
        ({"headers": {envelopes.EXPIRY: NOW + timedelta(days=1)}}, "not marked as critical"),
        ({"scheme": "notary.other"}, "cannot be read|unsupported signingScheme"),
    ],
    ids=["absent", "unknown", "plugin", "critical plugin", "not critical", "scheme"],
)
def test_what_is_critical_must_be_understood(form: str, notary: Notary, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        verify(found(form, dataclasses.replace(notary, **changes)), notary.root)


def test_what_is_not_critical_need_not_be_understood(form: str, notary: Notary) -> None:
    assert verify(found(form, dataclasses.replace(notary, headers={"acme": "x"})), notary.root) == "verified"


JUNK = [
    b"",
    b"{}",
    b"null",
    b"\xd2",
    b"\xff" * 100,
    b"\x9f" * 10_000,
    b"\x81" * 100_000,
    b"[" * 100_000,
    b"\xd2\x84@\xa0@@",
]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_what_makes_no_sense_is_no_signature(form: str, notary: Notary, junk: bytes) -> None:
    with pytest.raises(SignatureError, match="signature verification failed\nfailed to verify signature") as caught:
        verify(Found(media_type=TYPES[form], blob=junk, digest="x"), notary.root)
    assert len(str(caught.value)) < 400


def test_no_byte_of_an_envelope_can_be_changed_to_raise_anything_else(form: str, notary: Notary) -> None:
    signed = found(form, notary)
    for place in range(0, len(signed.blob), 7):
        for byte in (b"\0", b"\xff", b'"'):
            blob = signed.blob[:place] + byte + signed.blob[place + 1 :]
            with contextlib.suppress(SignatureError):
                verify(dataclasses.replace(signed, blob=blob), notary.root)


def test_a_certificate_that_is_none_is_told_without_what_a_library_says_of_it(form: str, notary: Notary) -> None:
    der = notary.chain[0].public_bytes(serialization.Encoding.DER)
    # The version of X.509, behind its tag.
    broken = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x7e", 1)
    with pytest.raises(SignatureError, match=r"it cannot be read \(InvalidVersion\)$"):
        verify(_with_ders(form, notary, broken), notary.root)


@pytest.fixture(name="timestamper", scope="module")
def timestamper_fixture(tmp_path_factory: pytest.TempPathFactory) -> Timestamper:
    return Timestamper.new(tmp_path_factory.mktemp("times") / "here")


STAMPED = policy(stores=["ca:acme", "tsa:times"])


@pytest.mark.needs(COMMAND)
def test_a_timestamp_proves_when_it_was_signed(form: str, timestamper: Timestamper) -> None:
    notary = dataclasses.replace(Notary.new(), timestamp=timestamper.token)
    signed, later = found(form, notary), NOW + timedelta(days=30)
    with pytest.raises(SignatureError, match="was not valid at the time of verification"):
        verify(signed, notary.root, timestamper.root, now=later)
    for by in (STAMPED, policy(stores=["ca:acme", "tsa:times"], timestamp="afterCertExpiry")):
        assert verify(signed, notary.root, timestamper.root, by=by, now=later) == "verified"


@pytest.mark.needs(COMMAND)
def test_the_certificates_of_a_timestamp_may_come_in_any_order(form: str, timestamper: Timestamper) -> None:
    for _ in range(3):
        notary = dataclasses.replace(Notary.new(), timestamp=lambda data: timestamper.token(data, chain=True))
        assert verify(found(form, notary), notary.root, timestamper.root, by=STAMPED) == "verified"


@pytest.mark.needs(COMMAND)
def test_an_authority_whose_revocation_could_be_asked_for_is_of_unknown_standing(
    form: str, notary: Notary, tmp_path: Path
) -> None:
    timestamper = Timestamper.new(tmp_path / "times", POINTS)
    signed = found(form, dataclasses.replace(notary, timestamp=timestamper.token))
    with pytest.raises(SignatureError, match=r"timestamping certificate .* revocation status is unknown"):
        verify(signed, notary.root, timestamper.root, by=STAMPED)


@pytest.mark.needs(COMMAND)
def test_a_timestamp_must_be_there_be_over_the_signature_and_of_a_trusted_authority(
    form: str, notary: Notary, timestamper: Timestamper, tmp_path: Path
) -> None:
    stamps: dict[str, Callable[[bytes], bytes] | None] = {
        "no timestamp countersignature was found": None,
        "Mismatch between messages": lambda _: timestamper.token(b"something else"),
        "failed to verify the timestamp countersignature": Timestamper.new(tmp_path / "other").token,
        "failed to parse timestamp countersignature": lambda _: b"0000",
    }
    for told, stamp in stamps.items():
        with pytest.raises(SignatureError, match=told):
            verify(found(form, dataclasses.replace(notary, timestamp=stamp)), notary.root, timestamper.root, by=STAMPED)


@pytest.mark.needs(COMMAND)
def test_a_timestamp_after_the_certificate_had_expired_proves_nothing(form: str, timestamper: Timestamper) -> None:
    notary = dataclasses.replace(Notary.new(begin=NOW - timedelta(days=3)), timestamp=timestamper.token)
    with pytest.raises(SignatureError, match="was not valid at the time of its timestamp"):
        verify(found(form, notary), notary.root, timestamper.root, by=STAMPED)


@pytest.mark.needs(COMMAND)
def test_timestamps_are_asked_for_only_once_the_certificate_has_expired_if_the_policy_says_so(
    form: str, notary: Notary, timestamper: Timestamper
) -> None:
    by = policy(stores=["ca:acme", "tsa:times"], timestamp="afterCertExpiry")
    assert verify(found(form, notary), notary.root, timestamper.root, by=by) == "verified"
