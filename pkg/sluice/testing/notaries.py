"""A signer of the Notary Project ("notation"), made for a test: certificates, trust policies, envelopes.

notary = Notary.new("C=US,ST=WA,O=acme,CN=me")
notary.root                                           # what goes into the Secret, in PEM
policy(level="strict", identities=["*"])              # trustpolicy.json
notary.jws(target), notary.cose(target)               # signatures over a manifest
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.signatures.notation import algorithms, envelopes
from sluice.signatures.notation.envelopes import Target

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_COSE = {"ES256": -7, "ES384": -35, "ES512": -36, "PS256": -37, "PS384": -38, "PS512": -39}
_DIGESTS: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass(frozen=True, kw_only=True)
class Notary:
    """A key, and the chain of certificates up to the root."""

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]
    time: datetime
    """When it signs."""
    scheme: str = envelopes.X509
    headers: Mapping[str, Any] = field(default_factory=dict)
    """Protected headers beyond the usual, or in their place."""
    critical: Sequence[str] = ()
    timestamp: Callable[[bytes], bytes] | None = None
    """Makes a token of RFC 3161 over a signature."""

    @classmethod
    def new(
        cls,
        subject: str = "C=US,ST=WA,O=acme,CN=me",
        *,
        key: PrivateKey | None = None,
        begin: datetime | None = None,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
        extensions: Sequence[x509.ExtensionType] = (),
    ) -> Self:
        """Somebody with a certificate of one day, from an hour ago on, by a root of their own."""
        begin = begin or (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
        root = ec.generate_private_key(ec.SECP384R1())
        name = x509.Name.from_rfc4514_string("C=US,ST=WA,O=acme,CN=root")
        authority = _builder(name, name, root, begin, begin + timedelta(days=36500))
        authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        authority = authority.add_extension(usage(signs_certificates=True), critical=True)
        above = cls(key=root, chain=(authority.sign(root, hashes.SHA384()),), time=begin)
        return above.issue(subject, key=key, purpose=purpose, extensions=extensions)

    def issue(
        self,
        subject: str,
        *,
        key: PrivateKey | None = None,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
        extensions: Sequence[x509.ExtensionType] = (),
    ) -> Self:
        """Somebody else, with a certificate of this one, whether this one may give out any or not."""
        key, issuer = key or ec.generate_private_key(ec.SECP256R1()), self.chain[0].subject
        end = self.time + timedelta(days=1)
        leaf = _builder(x509.Name.from_rfc4514_string(subject), issuer, key, self.time, end)
        leaf = leaf.add_extension(usage(signs_certificates=False), critical=True)
        leaf = leaf.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        for extension in extensions:
            leaf = leaf.add_extension(extension, critical=False)
        return replace(self, key=key, chain=(leaf.sign(self.key, hashes.SHA384()), *self.chain))

    @property
    def root(self) -> bytes:
        """The last certificate, in PEM."""
        return self.chain[-1].public_bytes(serialization.Encoding.PEM)

    def expiring(self, time: datetime) -> Self:
        """The same, with signatures that are good until then."""
        headers = {**self.headers, envelopes.EXPIRY: time}
        return replace(self, headers=headers, critical=[*self.critical, envelopes.EXPIRY])

    def jws(self, target: Target) -> bytes:
        """A signature in JSON."""
        headers = self._headers() | {"alg": self._algorithm(), "cty": envelopes.PAYLOAD, "crit": self._critical()}
        written = {key: v.isoformat() if isinstance(v, datetime) else v for key, v in headers.items()}
        protected, payload = _b64url(json.dumps(written).encode()), _b64url(_payload(target))
        signature = self._sign(f"{protected}.{payload}".encode())
        chain = [base64.b64encode(each).decode() for each in self._ders()]
        header: dict[str, Any] = {"x5c": chain, "io.cncf.notary.signingAgent": "a test"}
        if self.timestamp:
            header[envelopes.TIMESTAMP] = base64.b64encode(self.timestamp(signature)).decode()
        document = {"payload": payload, "protected": protected, "header": header, "signature": _b64url(signature)}
        return json.dumps(document).encode()

    def cose(self, target: Target) -> bytes:
        """A signature in CBOR."""
        headers = {1: _COSE[self._algorithm()], 2: self._critical(), 3: envelopes.PAYLOAD, **self._headers()}
        protected = cbor2.dumps(headers, datetime_as_timestamp=True, canonical=True)
        payload = _payload(target)
        signature = self._sign(cbor2.dumps(["Signature1", protected, b"", payload]))
        loose: dict[Any, Any] = {33: self._ders(), "io.cncf.notary.signingAgent": "a test"}
        if self.timestamp:
            loose[envelopes.TIMESTAMP] = self.timestamp(signature)
        return cbor2.dumps(cbor2.CBORTag(18, [protected, loose, payload, signature]))

    def _headers(self) -> dict[Any, Any]:
        time = envelopes.SIGNING_TIME if self.scheme == envelopes.X509 else envelopes.AUTHENTIC_TIME
        return {envelopes.SCHEME: self.scheme, time: self.time, **self.headers}

    def _critical(self) -> list[str]:
        times = [] if self.scheme == envelopes.X509 else [envelopes.AUTHENTIC_TIME]
        return [envelopes.SCHEME, *times, *self.critical]

    def _ders(self) -> list[bytes]:
        return [each.public_bytes(serialization.Encoding.DER) for each in self.chain]

    def _algorithm(self) -> str:
        return algorithms.of(self.chain[0])

    def _sign(self, data: bytes) -> bytes:
        digest = _DIGESTS[self._algorithm()[2:]]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        size = (self.key.key_size + 7) // 8
        numbers = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(digest)))
        return b"".join(number.to_bytes(size) for number in numbers)


def policy(
    *,
    level: str = "strict",
    override: Mapping[str, str] | None = None,
    timestamp: str = "",
    scopes: Sequence[str] = ("*",),
    stores: Sequence[str] = ("ca:acme",),
    identities: Sequence[str] = ("*",),
) -> bytes:
    """trustpolicy.json, of one statement."""
    verification: dict[str, Any] = {"level": level}
    if override:
        verification["override"] = dict(override)
    if timestamp:
        verification["verifyTimestamp"] = timestamp
    statement = {
        "name": "acme",
        "registryScopes": list(scopes),
        "signatureVerification": verification,
        "trustStores": list(stores),
        "trustedIdentities": list(identities),
    }
    return json.dumps({"version": "1.0", "trustPolicies": [statement]}).encode()


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """For signing certificates, or whatever else."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _payload(target: Target) -> bytes:
    artifact = {"mediaType": target.media_type, "digest": target.digest, "size": target.size}
    return json.dumps({"targetArtifact": artifact}).encode()


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
