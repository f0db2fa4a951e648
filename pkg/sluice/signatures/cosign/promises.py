"""The promise of a transparency log, in cosign's older format, to hold an entry; and what that entry is about."""

import base64
import binascii
from typing import Literal

import pydantic
from cryptography import x509

from sluice.signatures import documents
from sluice.signatures.errors import SignatureError


class _Payload(documents.Model):
    """What the log signed: these fields alone, in canonical JSON."""

    body: str
    time: int = pydantic.Field(alias="integratedTime", ge=0, le=253402300799)
    index: int = pydantic.Field(alias="logIndex", ge=0)
    log: str = pydantic.Field(alias="logID", pattern="^([0-9a-f]{2})*$")


class Promise(documents.Model):
    """The log's signature (a "signed entry timestamp") over an entry and the time at which it was given."""

    signature: pydantic.Base64Bytes = pydantic.Field(alias="SignedEntryTimestamp")
    payload: _Payload = pydantic.Field(alias="Payload")


class _Hash(documents.Model):
    algorithm: Literal["sha256"]
    value: str


class _Data(documents.Model):
    hash: _Hash


class _PublicKey(documents.Model):
    content: pydantic.Base64Bytes


class _Signature(documents.Model):
    content: pydantic.Base64Bytes
    key: _PublicKey = pydantic.Field(alias="publicKey")


class _Spec(documents.Model):
    data: _Data
    signature: _Signature


class _Entry(documents.Model):
    kind: Literal["hashedrekord"]
    version: Literal["0.0.1"] = pydantic.Field(alias="apiVersion")
    spec: _Spec


def read(annotation: str) -> Promise:
    """The promise of an annotation; SignatureError when there is none: nobody is asked for it over the network."""
    if not annotation:
        raise SignatureError("the signature has no bundle that proves it was logged, and the log itself is not asked")
    return documents.read(Promise, annotation.encode(), "the signature's bundle")


def check(promise: Promise, signature: bytes, certificate: x509.Certificate, digest: str) -> None:
    """SignatureError unless the entry is about this signature, by this certificate, over what has this SHA-256."""
    try:
        body = base64.b64decode(promise.payload.body, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("the entry of the transparency log cannot be read") from None
    spec = documents.read(_Entry, body, "the entry of the transparency log").spec
    if spec.signature.content != signature:
        raise SignatureError("signature in bundle does not match signature being verified")
    if _certificate(spec.signature.key.content) != certificate:
        raise SignatureError("the certificate in the bundle is not the signature's")
    if spec.data.hash.value != digest:
        raise SignatureError("the entry of the transparency log is about another payload")


def _certificate(pem: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None
