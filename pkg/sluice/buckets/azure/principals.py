"""Tokens for service principals of Entra ID, by a secret of theirs or by a certificate."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from sluice import jws, web
from sluice.buckets import tokens
from sluice.buckets.errors import LoginError
from sluice.buckets.tokens import Token

SCOPE: Final = "https://storage.azure.com/.default"
"""What tokens for blob storage are asked for."""
PUBLIC: Final = "https://login.microsoftonline.com"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MINUTES: Final = 10


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What proves who one is."""

    chain: tuple[x509.Certificate, ...]
    """The one whose key it is comes first."""
    key: rsa.RSAPrivateKey = field(repr=False)
    send_chain: bool = False

    @classmethod
    def parse(cls, data: bytes, password: bytes | None, *, send_chain: bool = False) -> Self:
        """Read PEM or PKCS#12. Takes its time: not for the event loop. Raises LoginError."""
        try:
            key, chain = _pem(data) if b"-----BEGIN" in data else _pkcs12(data, password)
        except (ValueError, TypeError, StopIteration):
            raise LoginError("failed to parse client certificates: no certificate and RSA key that fit") from None
        return cls(chain=chain, key=key, send_chain=send_chain)

    def assertion(self, audience: str, client: str, now: datetime) -> str:
        """Who one is, for this audience, for a few minutes."""
        header: dict[str, object] = {"x5t": jws.encoded(self.chain[0].fingerprint(hashes.SHA1()))}  # noqa: S303
        if self.send_chain:
            der = (each.public_bytes(serialization.Encoding.DER) for each in self.chain)
            header["x5c"] = [base64.b64encode(each).decode() for each in der]
        claims = {
            "aud": audience,
            "iss": client,
            "sub": client,
            "jti": str(uuid.uuid4()),
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=_MINUTES)).timestamp()),
        }
        return jws.signed(claims, self.key, header=header)


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A service principal, with its secret or its certificate."""

    tenant: str
    client: str
    secret: str = field(default="", repr=False)
    certificate: Certificate | None = None
    authority: str = PUBLIC
    access: web.Access | None = None

    async def token(self, asker: web.Web, now: datetime) -> Token:
        """A token for blob storage. Raises LoginError and the WebError tree."""
        url = f"{self.authority.rstrip('/')}/{quote(self.tenant, safe='')}/oauth2/v2.0/token"
        asked = {"client_id": self.client, "grant_type": "client_credentials", "scope": SCOPE}
        if self.certificate is not None:
            asked["client_assertion_type"] = _ASSERTION
            asked["client_assertion"] = self.certificate.assertion(url, self.client, now)
        else:
            asked["client_secret"] = self.secret
        return await tokens.granted(asker, url, asked, now=now, access=self.access)


def _pem(data: bytes) -> tuple[rsa.RSAPrivateKey, tuple[x509.Certificate, ...]]:
    key = serialization.load_pem_private_key(data[_key_at(data) :], None)
    return _fitting(key, x509.load_pem_x509_certificates(data))


def _key_at(data: bytes) -> int:
    return next(at for mark in (b"-----BEGIN PRIVATE", b"-----BEGIN RSA") if (at := data.find(mark)) >= 0)


def _pkcs12(data: bytes, password: bytes | None) -> tuple[rsa.RSAPrivateKey, tuple[x509.Certificate, ...]]:
    key, own, others = pkcs12.load_key_and_certificates(data, password or None)
    return _fitting(key, [own, *others] if own else others)


def _fitting(key: object, chain: list[x509.Certificate]) -> tuple[rsa.RSAPrivateKey, tuple[x509.Certificate, ...]]:
    """The key, and its own certificate before the others."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError
    own = next(each for each in chain if each.public_key() == key.public_key())
    return key, (own, *(each for each in chain if each is not own))
