"""What was signed, and of which manifest it speaks: simple signing, and in-toto statements in DSSE envelopes."""

from typing import Final

import pydantic

from sluice.signatures import documents
from sluice.signatures.errors import SignatureError

IN_TOTO: Final = "application/vnd.in-toto+json"
_SUBJECTS = 1024
_DIGESTS = 32


class _Image(documents.Model):
    digest: str = pydantic.Field(alias="docker-manifest-digest")


class _Critical(documents.Model):
    image: _Image


class _Simple(documents.Model):
    critical: _Critical


class _Subject(documents.Model):
    digest: dict[str, str] = pydantic.Field(default={}, max_length=_DIGESTS)


class _Statement(documents.Model):
    subject: list[_Subject] = pydantic.Field(max_length=_SUBJECTS)


def check_simple(payload: bytes, digest: str) -> None:
    """SignatureError unless the payload of a simple signature is about the manifest with this digest."""
    found = documents.read(_Simple, payload, "the signed payload").critical.image.digest
    if found != digest:
        raise SignatureError(f"invalid or missing digest in claim: {found[:100]}")


def check_statement(kind: str, payload: bytes, digest: str) -> None:
    """SignatureError unless an in-toto statement has the manifest with this digest among its subjects."""
    if kind != IN_TOTO:
        raise SignatureError(f"invalid payloadType {kind[:100]} on envelope. Expected {IN_TOTO}")
    algorithm, _, value = digest.partition(":")
    subjects = documents.read(_Statement, payload, "the in-toto statement").subject
    if not any(subject.digest.get(algorithm) == value for subject in subjects):
        raise SignatureError("provided artifact digest does not match any digest in statement")


def pre_authenticated(kind: str, payload: bytes) -> bytes:
    """What is signed in place of a DSSE envelope's payload: https://github.com/secure-systems-lab/dsse, protocol.md."""
    named = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(named), named, len(payload), payload)
