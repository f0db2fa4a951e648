"""What cosign makes with a key of one's own, made for a test.

cosigner = Cosigner(ec.generate_private_key(ec.SECP256R1()))
cosigner.public                                       # cosign.pub
cosigner.signature("registry/app", "sha256:…")        # its older format: a payload and its annotations
cosigner.bundle("sha256:…")                           # a Sigstore bundle
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from sluice.signatures.cosign import found
from sluice.signatures.cosign.found import Signature

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Cosigner:
    """A key, and what digest it signs with."""

    key: PrivateKey
    digest: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)

    @property
    def public(self) -> bytes:
        """cosign.pub."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes) -> bytes:
        """A signature, as cosign makes it with a key of that kind."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(self.digest))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), self.digest)
        return self.key.sign(data)

    def signature(self, repository: str, digest: str) -> Signature:
        """In cosign's older format."""
        payload = simple(repository, digest)
        return Signature(payload=payload, annotations={found.SIGNATURE: _b64(self.sign(payload))})

    def bundle(self, digest: str) -> bytes:
        """A Sigstore bundle, version 0.3, that no log knows of."""
        signed = statement(digest)
        made = self.sign(pre_authenticated(signed))
        return bundle({"publicKey": {"hint": "key"}, "tlogEntries": []}, envelope(signed, made))


def simple(repository: str, digest: str) -> bytes:
    """The payload of the older format."""
    critical = {
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    }
    return json.dumps({"critical": critical, "optional": None}).encode()


def statement(digest: str) -> bytes:
    """The payload of a bundle: an in-toto statement."""
    algorithm, _, value = digest.partition(":")
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "", "digest": {algorithm: value}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    return json.dumps(document).encode()


def pre_authenticated(signed: bytes) -> bytes:
    """What is signed in place of a statement."""
    return b"DSSEv1 %d %s %d %s" % (len(_IN_TOTO), _IN_TOTO.encode(), len(signed), signed)


def envelope(signed: bytes, signature: bytes) -> dict[str, Any]:
    """A statement and its signature."""
    return {"payload": _b64(signed), "payloadType": _IN_TOTO, "signatures": [{"sig": _b64(signature)}]}


def bundle(material: Mapping[str, Any], signed: Mapping[str, Any]) -> bytes:
    """A bundle of what proves who signed, and what was signed."""
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    document = {"mediaType": kind, "verificationMaterial": material, "dsseEnvelope": signed}
    return json.dumps(document).encode()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
