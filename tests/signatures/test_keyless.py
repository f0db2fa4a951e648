"""cosign's signatures by identities of a Sigstore: its older format, and bundles."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.signatures.cosign import found, verifying
from sluice.signatures.cosign.identities import Identity
from sluice.signatures.cosign.verifying import Keyless
from sluice.signatures.errors import SignatureError
from sluice.testing import cosigners
from sluice.testing.sigstores import Signer, Sigstore

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
REPOSITORY = "registry.example.com/org/app"
ISSUER = "https://login.example.com"
ME = Identity(issuer="^https://login[.]example[.]com$", subject="^me@example[.]com$")
ANY = Identity(issuer="", subject="")

FORMATS = ("older", "bundle")


@pytest.fixture(name="sigstore", scope="module")
def sigstore_fixture() -> Sigstore:
    return Sigstore.new()


@pytest.fixture(name="me", scope="module")
def me_fixture(sigstore: Sigstore) -> Signer:
    return sigstore.login("me@example.com", ISSUER)


@pytest.fixture(name="form", params=FORMATS)
def form_fixture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def verify(form: str, signer: Signer, trust: Keyless, *, signed: str = DIGEST) -> None:
    if form == "bundle":
        verifying.bundles([signer.bundle(signed)], DIGEST, trust)
    else:
        verifying.signatures([signer.signature(REPOSITORY, signed)], DIGEST, trust)


def test_what_the_identity_signed_is_good(form: str, sigstore: Sigstore, me: Signer) -> None:
    verify(form, me, Keyless(root=sigstore.trusted_root(), identities=(ME,)))


def test_a_certificate_of_years_ago_is_good_for_what_was_signed_then(form: str, sigstore: Sigstore) -> None:
    then = sigstore.login("me@example.com", ISSUER, at=datetime.now(UTC) - timedelta(days=1000))
    verify(form, then, Keyless(root=sigstore.trusted_root(), identities=(ME,)))


def test_a_workflow_is_known_by_its_address(form: str, sigstore: Sigstore) -> None:
    address = "https://github.com/org/app/.github/workflows/release.yaml@refs/tags/v1"
    wanted = Identity(issuer=ISSUER, subject="^https://github[.]com/org/app/")
    verify(form, sigstore.login(address, ISSUER), Keyless(root=sigstore.trusted_root(), identities=(wanted,)))


@pytest.mark.parametrize(
    "wanted",
    [
        Identity(issuer=ISSUER, subject="^you@example.com$"),
        Identity(issuer="^https://other.example.com$", subject="me@example.com"),
        Identity(issuer=ISSUER + "$", subject="^e@example.com"),
    ],
    ids=["another subject", "another issuer", "only a part, but anchored"],
)
def test_another_identity_is_not_enough(form: str, sigstore: Sigstore, me: Signer, wanted: Identity) -> None:
    told = r"none of the expected identities matched .*, got subjects \[me@example.com\] with issuer " + ISSUER
    with pytest.raises(SignatureError, match=told):
        verify(form, me, Keyless(root=sigstore.trusted_root(), identities=(wanted,)))


def test_one_of_several_identities_is_enough(form: str, sigstore: Sigstore, me: Signer) -> None:
    others = (Identity(issuer="x", subject="y"), ME)
    verify(form, me, Keyless(root=sigstore.trusted_root(), identities=others))


def test_patterns_are_found_anywhere_as_in_flux(form: str, sigstore: Sigstore, me: Signer) -> None:
    verify(form, me, Keyless(root=sigstore.trusted_root(), identities=(Identity(issuer="login", subject="example"),)))


def test_without_identities_anybody_whom_the_sigstore_knows_will_do_in_the_older_format_as_in_flux(
    sigstore: Sigstore, me: Signer
) -> None:
    verify("older", me, Keyless(root=sigstore.trusted_root()))
    with pytest.raises(SignatureError, match="without providing at least one identity"):
        verify("bundle", me, Keyless(root=sigstore.trusted_root()))


def test_a_pattern_that_is_none_is_told(form: str, sigstore: Sigstore, me: Signer) -> None:
    broken = Identity(issuer=ISSUER, subject="(")
    with pytest.raises(SignatureError, match=r"malformed subject in identity: \("):
        verify(form, me, Keyless(root=sigstore.trusted_root(), identities=(broken,)))


def test_another_sigstore_is_not_trusted(form: str, me: Signer) -> None:
    with pytest.raises(SignatureError, match="no matching signatures"):
        verify(form, me, Keyless(root=Sigstore.new().trusted_root(), identities=(ANY,)))


@pytest.mark.parametrize("part", ["authority", "rekor", "certificates"])
def test_every_part_of_the_sigstore_must_be_the_trusted_one(form: str, sigstore: Sigstore, part: str) -> None:
    other = Sigstore.new()
    parts = {part: getattr(other, part), **({"root": other.root} if part == "authority" else {})}
    signer = dataclasses.replace(sigstore, **parts).login("me@example.com", ISSUER)
    with pytest.raises(SignatureError, match="no matching signatures"):
        verify(form, signer, Keyless(root=sigstore.trusted_root(), identities=(ME,)))


def test_a_certificate_that_had_expired_when_it_signed_is_not_good(form: str, sigstore: Sigstore, me: Signer) -> None:
    late = dataclasses.replace(me, time=me.certificate.not_valid_after_utc + timedelta(seconds=1))
    with pytest.raises(SignatureError, match="cannot be verified"):
        verify(form, late, Keyless(root=sigstore.trusted_root(), identities=(ME,)))


def test_nor_is_one_that_was_not_yet_there(form: str, sigstore: Sigstore, me: Signer) -> None:
    early = dataclasses.replace(me, time=me.certificate.not_valid_before_utc - timedelta(seconds=1))
    with pytest.raises(SignatureError, match="cannot be verified"):
        verify(form, early, Keyless(root=sigstore.trusted_root(), identities=(ME,)))


def test_a_signature_over_another_manifest_proves_nothing(form: str, sigstore: Sigstore, me: Signer) -> None:
    with pytest.raises(SignatureError, match=r"digest in claim|any digest in statement"):
        verify(form, me, Keyless(root=sigstore.trusted_root(), identities=(ME,)), signed=OTHER)


def test_an_entry_of_the_log_serves_one_signature_alone(sigstore: Sigstore, me: Signer) -> None:
    trust = Keyless(root=sigstore.trusted_root(), identities=(ME,))
    mine, other = me.signature(REPOSITORY, DIGEST), me.signature(REPOSITORY, OTHER)
    borrowed = {**mine.annotations, found.REKOR: other.annotations[found.REKOR]}
    with pytest.raises(SignatureError, match="signature in bundle does not match signature being verified"):
        verifying.signatures([dataclasses.replace(mine, annotations=borrowed)], DIGEST, trust)
    payload = cosigners.simple(REPOSITORY, OTHER)
    with pytest.raises(SignatureError, match="is about another payload"):
        verifying.signatures([dataclasses.replace(mine, payload=payload)], OTHER, trust)
    friend = sigstore.login("me@example.com", ISSUER).signature(REPOSITORY, DIGEST)
    swapped = {**mine.annotations, found.CERTIFICATE: friend.annotations[found.CERTIFICATE]}
    with pytest.raises(SignatureError, match="the certificate in the bundle is not the signature's"):
        verifying.signatures([dataclasses.replace(mine, annotations=swapped)], DIGEST, trust)


def test_a_changed_bundle_is_noticed(sigstore: Sigstore, me: Signer) -> None:
    trust = Keyless(root=sigstore.trusted_root(), identities=(ME,))
    mine, other = json.loads(me.bundle(DIGEST)), json.loads(me.bundle(OTHER))
    for part in ("dsseEnvelope", "verificationMaterial"):
        with pytest.raises(SignatureError, match="cannot be verified"):
            verifying.bundles([json.dumps({**mine, part: other[part]}).encode()], DIGEST, trust)


@pytest.mark.parametrize("missing", [found.SIGNATURE, found.CERTIFICATE, found.REKOR])
def test_nothing_may_be_missing(sigstore: Sigstore, me: Signer, missing: str) -> None:
    mine = me.signature(REPOSITORY, DIGEST)
    left = {key: text for key, text in mine.annotations.items() if key != missing}
    with pytest.raises(SignatureError, match="no matching signatures"):
        verifying.signatures(
            [dataclasses.replace(mine, annotations=left)], DIGEST, Keyless(root=sigstore.trusted_root())
        )


@pytest.mark.parametrize(
    "junk", ["", "{}", "null", "é", "[" * 100_000, '{"Payload": {}}', "-----BEGIN CERTIFICATE-----"]
)
@pytest.mark.parametrize("annotation", [found.SIGNATURE, found.CERTIFICATE, found.REKOR])
def test_annotations_that_make_no_sense_are_no_signature(
    sigstore: Sigstore, me: Signer, annotation: str, junk: str
) -> None:
    mine = me.signature(REPOSITORY, DIGEST)
    broken = dataclasses.replace(mine, annotations={**mine.annotations, annotation: junk})
    with pytest.raises(SignatureError, match="no matching signatures") as caught:
        verifying.signatures([broken], DIGEST, Keyless(root=sigstore.trusted_root()))
    assert len(str(caught.value)) < 500


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a document something could be put in place of what is there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in items for place in _places(child, (*path, key)))]


@pytest.mark.parametrize("junk", [None, "", [], {}, -1, 1 << 80, "AAAA"])
def test_no_part_of_a_bundle_can_be_replaced_by_nonsense(sigstore: Sigstore, me: Signer, junk: Any) -> None:
    trust = Keyless(root=sigstore.trusted_root(), identities=(ANY,))
    whole = json.loads(me.bundle(DIGEST))
    for place in _places(whole)[1:]:
        broken = json.loads(json.dumps(whole))
        target = broken
        for key in place[:-1]:
            target = target[key]
        if target[place[-1]] == junk:
            continue
        target[place[-1]] = junk
        try:
            verifying.bundles([json.dumps(broken).encode()], DIGEST, trust)
        except SignatureError as error:
            assert len(str(error)) < 600  # noqa: PT017 - most of them raise, and which do not is said below
        else:
            # What nothing depends on: the log's index where its proof has one of its own.
            assert place[-1] in ("logIndex", "verifier", "keyid", "hint"), place


@pytest.mark.parametrize("root", [b"", b"{}", b"null", b"[" * 100_000, b'{"mediaType": "x"}', b"\xff"])
def test_a_root_that_cannot_be_read_is_told(form: str, me: Signer, root: bytes) -> None:
    with pytest.raises(SignatureError, match=r"^unable to parse trusted root"):
        verify(form, me, Keyless(root=root))
