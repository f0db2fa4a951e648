"""JSON web tokens signed with an RSA key (RFC 7515, RFC 7518: RS256), by which logins are proved to services."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def signed(claims: Mapping[str, Any], key: rsa.RSAPrivateKey, *, header: Mapping[str, Any] | None = None) -> str:
    """A token of the claims; `header` is what its header says besides algorithm and type."""
    said = ".".join(encoded(orjson.dumps(each)) for each in ({**(header or {}), "alg": "RS256", "typ": "JWT"}, claims))
    return f"{said}.{encoded(key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def encoded(data: bytes) -> str:
    """Base64 as such tokens have it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
