"""What a trust policy document must say, and which of its statements is for a repository."""

import json
from typing import Any

import pytest

from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import checking
from sluice.signatures.notation.verifying import Trust
from sluice.testing.notaries import policy

APP = "registry.example.com/org/app"


def document(*policies: bytes) -> bytes:
    """One document of several statements, each with a name of its own."""
    statements = [json.loads(each)["trustPolicies"][0] for each in policies]
    named = [{**each, "name": f"{number}"} for number, each in enumerate(statements)]
    return json.dumps({"version": "1.0", "trustPolicies": named}).encode()


def test_a_statement_for_the_repository_is_stronger_than_one_for_all() -> None:
    read = checking.read(document(policy(), policy(scopes=["x.example/y", APP], level="audit")))
    assert read.statement(APP).verification.level == "audit"
    assert read.statement("registry.example.com/org/other").verification.level == "strict"


def test_a_repository_that_no_statement_is_for_is_told() -> None:
    with pytest.raises(SignatureError, match=f'artifact "{APP}" has no applicable trust policy statement'):
        checking.read(policy(scopes=["registry.example.com/org"])).statement(APP)


@pytest.mark.parametrize("check", ["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"])
def test_levels_say_what_is_enforced(check: Any) -> None:
    enforced = {
        "strict": ("integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"),
        "permissive": ("integrity", "authenticity"),
        "audit": ("integrity",),
    }
    for level, checks in enforced.items():
        verification = checking.read(policy(level=level)).statements[0].verification
        assert verification.action(check) == ("enforce" if check in checks else "log")


def test_what_is_overridden_is_so() -> None:
    read = checking.read(policy(level="permissive", override={"expiry": "enforce", "revocation": "skip"}))
    verification = read.statements[0].verification
    assert [verification.action(each) for each in ("expiry", "revocation", "authenticity")] == [
        "enforce",
        "skip",
        "enforce",
    ]


def test_skipping_needs_neither_stores_nor_identities() -> None:
    bare = policy(level="skip", stores=[], identities=[])
    for by in (bare, policy(level="skip", stores=["what ever"], identities=["x509.subject:nonsense"])):
        assert Trust(policy=by, certificates=()).is_skipped(APP)
    assert not Trust(policy=policy(), certificates=()).is_skipped(APP)


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (b"", "trustpolicy.json cannot be read"),
        (b"[" * 100_000, "trustpolicy.json cannot be read"),
        (b"{}", "trustpolicy.json cannot be read: version"),
        (b'{"version": "2.0", "trustPolicies": []}', "trustpolicy.json cannot be read: version"),
        (b'{"version": "1.0", "trustPolicies": []}', "trustpolicy.json cannot be read: trustPolicies"),
        (policy(level="lax"), "signatureVerification.level"),
        (policy(level="skip", override={"expiry": "log"}), 'level "skip" can\'t be used to customize'),
        (policy(override={"integrity": "log"}), '"integrity" verification can not be overridden'),
        (policy(override={"expiry": "skip"}), '"expiry" verification can not be skipped'),
        (policy(override={"expiry": "ignore"}), "signatureVerification.override.expiry"),
        (policy(timestamp="sometimes"), "signatureVerification.verifyTimestamp"),
        (policy(stores=[]), "either missing trust stores or trusted identities"),
        (policy(identities=[]), "either missing trust stores or trusted identities"),
        (policy(stores=["acme"]), "malformed trust store value"),
        (policy(stores=["disk:acme"]), 'unsupported trust store type "disk"'),
        (policy(stores=["ca:a b"]), 'unsupported trust store name "a b"'),
        (policy(identities=["*", "x509.subject: C=US, ST=WA, O=acme"]), "wildcard trusted identity"),
        (policy(identities=["me"]), 'trusted identity "me" missing separator'),
        (policy(identities=["x509.subject:"]), 'no mandatory attribute "C"'),
        (policy(identities=["x509.subject: C=US, O=acme"]), 'no mandatory attribute "ST"'),
        (policy(identities=["x509.subject: C=US, ST=WA, O=acme, O=x"]), 'more than one attribute "O"'),
        (policy(identities=["x509.subject: C=US+ST=WA, O=acme"]), "multi-valued attributes"),
        (policy(identities=["x509.subject: C=US, ST=WA, O=#04"]), 'containing "=#"'),
        (policy(identities=["x509.subject: nonsense"]), "no distinguished name of RFC 4514"),
        (
            policy(identities=["x509.subject: C=US, ST=WA, O=a", "x509.subject: C=US, ST=WA, O=a, CN=b"]),
            "overlapping x509 trustedIdentities",
        ),
        (policy(scopes=[]), "registryScopes"),
        (policy(scopes=["*", APP]), "wildcard registry scope"),
        (policy(scopes=["registry.example.com"]), 'registry scope "registry.example.com" is not valid'),
        (policy(scopes=["registry.example.com/org/*"]), "is not valid"),
        (policy(scopes=["https://registry.example.com/org"]), "is not valid"),
        (document(policy(scopes=[APP]), policy(scopes=[APP])), "present in multiple trust policy statements"),
        (
            policy().replace(b"[{", b"[" + json.dumps(json.loads(policy())["trustPolicies"][0]).encode() + b", {"),
            'use the same name "acme"',
        ),
    ],
)
def test_what_is_wrong_with_a_document_is_told(faulty: bytes, told: str) -> None:
    with pytest.raises(SignatureError) as caught:
        checking.read(faulty)
    assert told in str(caught.value)
