"""A private Sigstore, made for a test: a CA that certifies logins, a log of signatures, a log of certificates.

sigstore = Sigstore.new()
sigstore.trusted_root()                                  # trusted_root.json
signer = sigstore.login("me@example.com", "https://login.example.com")
signer.signature("registry/app", "sha256:…")             # cosign's older format: a payload and its annotations
signer.bundle("sha256:…")                                # a Sigstore bundle
"""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from sluice.signatures.cosign import found
from sluice.signatures.cosign.found import Signature
from sluice.testing import cosigners, notaries

_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_END = datetime(2120, 1, 1, tzinfo=UTC)
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_OLDER_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_P256 = "PKIX_ECDSA_P256_SHA_256"


@dataclass(frozen=True)
class Log:
    """A log's key: Rekor's or a certificate log's."""

    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls) -> Self:
        """One that nobody knows yet."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def id(self) -> bytes:
        """RFC 6962, 3.2: the digest of its key."""
        return hashlib.sha256(_public(self.key)).digest()

    def sign(self, data: bytes) -> bytes:
        """A signature."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def description(self, url: str) -> dict[str, Any]:
        """As trusted roots have it."""
        key = {"rawBytes": _b64(_public(self.key)), "keyDetails": _P256, "validFor": {"start": _BEGIN.isoformat()}}
        return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": key, "logId": {"keyId": _b64(self.id)}}

    def promise(self, body: bytes, time: datetime) -> bytes:
        """The log's word that it holds the entry (a signed entry timestamp)."""
        fields = {"body": _b64(body), "integratedTime": int(time.timestamp()), "logID": self.id.hex(), "logIndex": 0}
        return self.sign(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())

    def checkpoint(self, root: bytes) -> str:
        """What the log says of itself, when it holds one entry."""
        note = f"rekor.example.com - 1\n1\n{_b64(root)}\n"
        return f"{note}\n— rekor.example.com {_b64(self.id[:4] + self.sign(note.encode()))}\n"


@dataclass(frozen=True)
class Sigstore:
    """Keys and certificates of one Sigstore."""

    root: ec.EllipticCurvePrivateKey
    authority: x509.Certificate
    rekor: Log
    certificates: Log

    @classmethod
    def new(cls) -> Self:
        """One that nobody trusts but who is given its `trusted_root`."""
        root = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name.from_rfc4514_string("CN=Root,O=Sigstore of a test")
        usage = notaries.usage(signs_certificates=True)
        builder = _builder(name, name, root.public_key(), _BEGIN, _END)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(root.public_key()), critical=False)
        return cls(root, builder.sign(root, hashes.SHA256()), Log.new(), Log.new())

    def trusted_root(self) -> bytes:
        """trusted_root.json."""
        chain = {"certificates": [{"rawBytes": _b64(self.authority.public_bytes(serialization.Encoding.DER))}]}
        authority = {
            "subject": {"organization": "Sigstore of a test", "commonName": "Root"},
            "uri": "https://fulcio.example.com",
            "certChain": chain,
            "validFor": {"start": _BEGIN.isoformat()},
        }
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.rekor.description("https://rekor.example.com")],
            "certificateAuthorities": [authority],
            "ctlogs": [self.certificates.description("https://ct.example.com")],
        }
        return json.dumps(document).encode()

    def login(self, subject: str, issuer: str, *, at: datetime | None = None) -> "Signer":
        """Somebody with a certificate of ten minutes."""
        key = ec.generate_private_key(ec.SECP256R1())
        begin = (at or datetime.now(UTC)).replace(microsecond=0)
        builder = self._certificate(key, subject, issuer, begin)
        bare = builder.sign(self.root, hashes.SHA256())
        stamped = x509.UnrecognizedExtension(
            ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS, self._stamp(bare, begin)
        )
        certificate = builder.add_extension(stamped, critical=False).sign(self.root, hashes.SHA256())
        return Signer(self, key, certificate, begin + timedelta(seconds=5))

    def _certificate(
        self, key: ec.EllipticCurvePrivateKey, subject: str, issuer: str, begin: datetime
    ) -> x509.CertificateBuilder:
        name: x509.GeneralName = (
            x509.UniformResourceIdentifier(subject) if "://" in subject else x509.RFC822Name(subject)
        )
        identity = issuer.encode()
        builder = _builder(
            x509.Name([]), self.authority.subject, key.public_key(), begin, begin + timedelta(minutes=10)
        )
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (notaries.usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.public_key()), False),
            (x509.SubjectAlternativeName([name]), True),
            (x509.UnrecognizedExtension(_OLDER_ISSUER, identity), False),
            (x509.UnrecognizedExtension(_ISSUER, b"\x0c" + bytes([len(identity)]) + identity), False),
        ]
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder

    def _stamp(self, certificate: x509.Certificate, time: datetime) -> bytes:
        """RFC 6962, 3.2 and 3.3: that the certificate log has seen the certificate, in a list of one."""
        tbs = certificate.tbs_certificate_bytes
        milliseconds = int(time.timestamp() * 1000)
        entry = hashlib.sha256(_public(self.root)).digest() + len(tbs).to_bytes(3) + tbs
        signature = self.certificates.sign(struct.pack(">BBQH", 0, 0, milliseconds, 1) + entry + b"\0\0")
        stamp = b"\0" + self.certificates.id + struct.pack(">QHBBH", milliseconds, 0, 4, 3, len(signature)) + signature
        listed = struct.pack(">HH", len(stamp) + 2, len(stamp)) + stamp
        return b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else b"\x81" + bytes([len(listed)])) + listed


@dataclass(frozen=True)
class Signer:
    """Somebody whom a Sigstore knows, and when they sign."""

    sigstore: Sigstore
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    time: datetime

    def signature(self, repository: str, digest: str) -> Signature:
        """In cosign's older format."""
        payload = cosigners.simple(repository, digest)
        made = self._sign(payload)
        key = {"content": _b64(self._pem())}
        data = {"hash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}}
        spec = {"data": data, "signature": {"content": _b64(made), "publicKey": key}}
        body = json.dumps({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}).encode()
        seconds = int(self.time.timestamp())
        log = self.sigstore.rekor
        entry = {"body": _b64(body), "integratedTime": seconds, "logIndex": 0, "logID": log.id.hex()}
        promise = {"SignedEntryTimestamp": _b64(log.promise(body, self.time)), "Payload": entry}
        annotations = {
            found.SIGNATURE: _b64(made),
            found.CERTIFICATE: self._pem().decode(),
            found.REKOR: json.dumps(promise),
        }
        return Signature(payload=payload, annotations=annotations)

    def bundle(self, digest: str) -> bytes:
        """A Sigstore bundle, version 0.3."""
        statement = cosigners.statement(digest)
        made = self._sign(cosigners.pre_authenticated(statement))
        envelope = cosigners.envelope(statement, made)
        signed = {"signature": _b64(made), "verifier": _b64(self._pem())}
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(json.dumps(envelope).encode()).hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(statement).hexdigest()},
            "signatures": [signed],
        }
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}).encode()
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        material = {"certificate": {"rawBytes": _b64(der)}, "tlogEntries": [self._entry(body)]}
        return cosigners.bundle(material, envelope)

    def _entry(self, body: bytes) -> dict[str, Any]:
        log = self.sigstore.rekor
        # RFC 6962, 2.1: the hash of a tree with one leaf.
        root = hashlib.sha256(b"\0" + body).digest()
        proof = {
            "logIndex": "0",
            "rootHash": _b64(root),
            "treeSize": "1",
            "hashes": [],
            "checkpoint": {"envelope": log.checkpoint(root)},
        }
        return {
            "logIndex": "0",
            "logId": {"keyId": _b64(log.id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(int(self.time.timestamp())),
            "inclusionPromise": {"signedEntryTimestamp": _b64(log.promise(body, self.time))},
            "inclusionProof": proof,
            "canonicalizedBody": _b64(body),
        }

    def _sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def _pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
