"""cosign's signatures by public keys that one has. As in Flux, no transparency log needs to know of them."""

import base64
import binascii
from collections.abc import Sequence

import pydantic

from sluice.signatures import documents, publickeys
from sluice.signatures.cosign import claims, found
from sluice.signatures.cosign.found import Signature
from sluice.signatures.errors import SignatureError
from sluice.signatures.publickeys import Key


class _Signed(documents.Model):
    sig: pydantic.Base64Bytes


class _Envelope(documents.Model):
    kind: str = pydantic.Field(alias="payloadType")
    payload: pydantic.Base64Bytes
    signatures: list[_Signed] = pydantic.Field(min_length=1, max_length=1)


class _Bundle(documents.Model):
    kind: str = pydantic.Field(alias="mediaType")
    envelope: _Envelope = pydantic.Field(alias="dsseEnvelope")


class Keys:
    """Public keys that are trusted."""

    def __init__(self, pems: Sequence[bytes]) -> None:
        """Raises SignatureError when none of them can be read; the others are tried when some can."""
        self._keys: list[Key] = []
        faults: list[SignatureError] = []
        for pem in pems:
            try:
                self._keys.append(publickeys.read(pem))
            except SignatureError as error:
                faults.append(error)
        if faults and not self._keys:
            raise faults[0]

    def check_signature(self, signature: Signature, digest: str) -> None:
        """SignatureError unless one of the keys made the signature, and it is about the manifest with this digest."""
        if not self._made(decoded(signature.annotations.get(found.SIGNATURE, "")), signature.payload):
            raise SignatureError("invalid signature when validating: it is by none of the keys")
        claims.check_simple(signature.payload, digest)

    def check_bundle(self, data: bytes, digest: str) -> None:
        """The same for a Sigstore bundle, whose signature is over an in-toto statement."""
        bundle = documents.read(_Bundle, data, "the bundle")
        if not bundle.kind.startswith(found.BUNDLE_TYPES):
            raise SignatureError("unsupported bundle format")
        envelope = bundle.envelope
        if not self._made(envelope.signatures[0].sig, claims.pre_authenticated(envelope.kind, envelope.payload)):
            raise SignatureError("could not verify envelope: its signature is by none of the keys")
        claims.check_statement(envelope.kind, envelope.payload, digest)

    def _made(self, signature: bytes, data: bytes) -> bool:
        return any(publickeys.is_by(key, signature, data) for key in self._keys)


def decoded(text: str) -> bytes:
    """What a base64 annotation says; SignatureError if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("the signature is not base64") from None
