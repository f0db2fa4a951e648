"""The envelope in JSON: a JWS (RFC 7515) in its flattened form.

https://github.com/notaryproject/specifications/blob/main/specs/signature-envelope-jws.md
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

import pydantic

from sluice.signatures import documents
from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import algorithms, envelopes
from sluice.signatures.notation.envelopes import Envelope

MEDIA_TYPE: Final = "application/jose+json"


class _Header(documents.Model):
    chain: list[pydantic.Base64Bytes] = pydantic.Field(alias="x5c")
    timestamp: pydantic.Base64Bytes = pydantic.Field(default=b"", alias=envelopes.TIMESTAMP)


class _Envelope(documents.Model):
    payload: str
    protected: str
    signature: str
    header: _Header


class _Protected(documents.Model):
    model_config = pydantic.ConfigDict(extra="allow")

    algorithm: str = pydantic.Field(alias="alg")
    content: str = pydantic.Field(alias="cty")
    critical: list[str] = pydantic.Field(alias="crit", min_length=1)
    scheme: envelopes.Scheme = pydantic.Field(alias=envelopes.SCHEME)
    expiry: pydantic.AwareDatetime | None = pydantic.Field(default=None, alias=envelopes.EXPIRY)
    signed: pydantic.AwareDatetime | None = pydantic.Field(default=None, alias=envelopes.SIGNING_TIME)
    authentic: pydantic.AwareDatetime | None = pydantic.Field(default=None, alias=envelopes.AUTHENTIC_TIME)


def parse(data: bytes) -> Envelope:
    """What the envelope says; SignatureError unless it is whole and signed by the first of its certificates."""
    outer = documents.read(_Envelope, data, "the signature envelope")
    protected = documents.read(_Protected, _decoded(outer.protected), "the envelope's protected header")
    chain = envelopes.certificates(outer.header.chain)
    signature = _decoded(outer.signature)
    algorithms.check(chain[0], protected.algorithm, signature, f"{outer.protected}.{outer.payload}".encode())
    if protected.content != envelopes.PAYLOAD:
        raise SignatureError("payload content type not supported")
    extra = set(protected.model_extra or {})
    expires = protected.expiry is not None
    envelopes.check_critical(list(protected.critical), extra, protected.scheme, expires=expires)
    times = {envelopes.X509: protected.signed, envelopes.AUTHORITY: protected.authentic}
    time = times.pop(protected.scheme)
    if time is None or any(times.values()):
        raise SignatureError("the envelope must have the signing time of its signing scheme, and no other")
    return Envelope(
        payload=_decoded(outer.payload),
        chain=chain,
        algorithm=protected.algorithm,
        scheme=protected.scheme,
        time=time,
        expiry=protected.expiry,
        signature=signature,
        timestamp=outer.header.timestamp,
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("the signature envelope is not base64url") from None
