"""cosign's signatures by keys: its older format, and Sigstore bundles."""

import base64
import dataclasses
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sluice.signatures.cosign import claims, found, verifying
from sluice.signatures.cosign.found import Signature
from sluice.signatures.cosign.verifying import Keyed
from sluice.signatures.errors import SignatureError
from sluice.testing import cosigners
from sluice.testing.cosigners import Cosigner, PrivateKey

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
REPOSITORY = "registry.example.com/org/app"

KINDS: dict[str, Callable[[], Cosigner]] = {
    "P-256": lambda: Cosigner(ec.generate_private_key(ec.SECP256R1())),
    "P-384 with SHA-256": lambda: Cosigner(ec.generate_private_key(ec.SECP384R1())),
    "P-384": lambda: Cosigner(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
    "P-521": lambda: Cosigner(ec.generate_private_key(ec.SECP521R1()), hashes.SHA512()),
    "RSA": lambda: Cosigner(rsa.generate_private_key(65537, 2048)),
    "Ed25519": lambda: Cosigner(ed25519.Ed25519PrivateKey.generate()),
}
WEAK: dict[str, Callable[[], PrivateKey]] = {
    "RSA of 1024 bits": lambda: rsa.generate_private_key(65537, 1024),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
}


@pytest.fixture(name="cosigner", scope="module")
def cosigner_fixture() -> Cosigner:
    return KINDS["P-256"]()


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_key_signed_is_good_in_both_formats(kind: str) -> None:
    cosigner = KINDS[kind]()
    trust = Keyed(pems=(cosigner.public,))
    verifying.signatures([cosigner.signature(REPOSITORY, DIGEST)], DIGEST, trust)
    verifying.bundles([cosigner.bundle(DIGEST)], DIGEST, trust)


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_key_signed_is_not(kind: str) -> None:
    cosigner, trust = KINDS[kind](), Keyed(pems=(KINDS[kind]().public,))
    with pytest.raises(SignatureError, match="no matching signatures: invalid signature"):
        verifying.signatures([cosigner.signature(REPOSITORY, DIGEST)], DIGEST, trust)
    with pytest.raises(SignatureError, match="no matching signatures: could not verify envelope"):
        verifying.bundles([cosigner.bundle(DIGEST)], DIGEST, trust)


def test_a_signature_over_another_manifest_proves_nothing_for_this_one(cosigner: Cosigner) -> None:
    trust = Keyed(pems=(cosigner.public,))
    with pytest.raises(SignatureError, match=f"invalid or missing digest in claim: {OTHER}"):
        verifying.signatures([cosigner.signature(REPOSITORY, OTHER)], DIGEST, trust)
    with pytest.raises(SignatureError, match="artifact digest does not match any digest in statement"):
        verifying.bundles([cosigner.bundle(OTHER)], DIGEST, trust)


def test_one_good_signature_by_one_of_the_keys_is_enough(cosigner: Cosigner) -> None:
    stranger, friend = KINDS["P-256"](), KINDS["RSA"]()
    trust = Keyed(pems=(b"no key at all", friend.public, cosigner.public))
    verifying.signatures([each.signature(REPOSITORY, DIGEST) for each in (stranger, cosigner)], DIGEST, trust)
    verifying.bundles([b"{}", stranger.bundle(DIGEST), friend.bundle(DIGEST)], DIGEST, trust)


def test_without_signatures_or_keys_nothing_is_proven(cosigner: Cosigner) -> None:
    with pytest.raises(SignatureError, match=r"^no signatures found$"):
        verifying.signatures([], DIGEST, Keyed(pems=(cosigner.public,)))
    with pytest.raises(SignatureError, match=r"^no signatures found$"):
        verifying.bundles([], DIGEST, Keyed(pems=(cosigner.public,)))
    with pytest.raises(SignatureError, match="by none of the keys"):
        verifying.signatures([cosigner.signature(REPOSITORY, DIGEST)], DIGEST, Keyed(pems=()))


def test_keys_of_which_none_can_be_read_are_told(cosigner: Cosigner) -> None:
    with pytest.raises(SignatureError, match="PEM decoding failed"):
        verifying.signatures([cosigner.signature(REPOSITORY, DIGEST)], DIGEST, Keyed(pems=(b"-----BEGIN",)))


@pytest.mark.parametrize("kind", WEAK)
def test_weak_keys_are_not_taken(kind: str) -> None:
    cosigner = Cosigner(WEAK[kind]())
    with pytest.raises(SignatureError, match="unsupported public key"):
        verifying.bundles([cosigner.bundle(DIGEST)], DIGEST, Keyed(pems=(cosigner.public,)))


def test_a_changed_payload_is_noticed(cosigner: Cosigner) -> None:
    trust = Keyed(pems=(cosigner.public,))
    made = cosigner.signature(REPOSITORY, OTHER)
    with pytest.raises(SignatureError, match="by none of the keys"):
        verifying.signatures([dataclasses.replace(made, payload=cosigners.simple(REPOSITORY, DIGEST))], DIGEST, trust)
    bundle = json.loads(cosigner.bundle(OTHER))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(cosigners.statement(DIGEST)).decode()
    with pytest.raises(SignatureError, match="by none of the keys"):
        verifying.bundles([json.dumps(bundle).encode()], DIGEST, trust)


def test_the_kind_of_a_payload_is_signed_with_it(cosigner: Cosigner) -> None:
    bundle = json.loads(cosigner.bundle(DIGEST))
    bundle["dsseEnvelope"]["payloadType"] = "text/plain"
    with pytest.raises(SignatureError, match="by none of the keys"):
        verifying.bundles([json.dumps(bundle).encode()], DIGEST, Keyed(pems=(cosigner.public,)))
    with pytest.raises(SignatureError, match="invalid payloadType text/plain"):
        claims.check_statement("text/plain", cosigners.statement(DIGEST), DIGEST)


def test_a_statement_about_too_many_things_is_refused() -> None:
    statement = json.loads(cosigners.statement(DIGEST))
    statement["subject"] *= 1025
    with pytest.raises(SignatureError, match="the in-toto statement cannot be read: subject"):
        claims.check_statement(claims.IN_TOTO, json.dumps(statement).encode(), DIGEST)


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "junk", [b"", b"null", b"[]", b"{}", b"\xff\xfe", DEEP, b'{"critical":{"image":[]}}', b"1" * 10000]
)
def test_what_makes_no_sense_is_no_signature(cosigner: Cosigner, junk: bytes) -> None:
    trust = Keyed(pems=(cosigner.public,))
    signed = Signature(payload=junk, annotations={found.SIGNATURE: base64.b64encode(cosigner.sign(junk)).decode()})
    with pytest.raises(SignatureError, match="no matching signatures: the signed payload cannot be read") as caught:
        verifying.signatures([signed], DIGEST, trust)
    assert len(str(caught.value)) < 300
    with pytest.raises(SignatureError, match="no matching signatures: the bundle cannot be read"):
        verifying.bundles([junk], DIGEST, trust)


@pytest.mark.parametrize("text", ["", "no base64!", "é", "AAAA"])
def test_annotations_that_make_no_sense_are_no_signature(cosigner: Cosigner, text: str) -> None:
    made = dataclasses.replace(cosigner.signature(REPOSITORY, DIGEST), annotations={found.SIGNATURE: text})
    with pytest.raises(SignatureError, match="no matching signatures"):
        verifying.signatures([made], DIGEST, Keyed(pems=(cosigner.public,)))


def test_ten_thousand_bad_signatures_are_told_in_a_few_words(cosigner: Cosigner) -> None:
    made = cosigner.signature(REPOSITORY, OTHER)
    bad = [dataclasses.replace(made, payload=cosigners.simple(REPOSITORY, f"sha256:{n:064}")) for n in range(10_000)]
    signed = [Signature(payload=each.payload, annotations={found.SIGNATURE: "AAAA"}) for each in bad]
    with pytest.raises(SignatureError) as caught:
        verifying.signatures(signed, DIGEST, Keyed(pems=(cosigner.public,)))
    assert len(str(caught.value)) < 1000
