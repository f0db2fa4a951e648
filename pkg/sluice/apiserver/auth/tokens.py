"""JSON web tokens, signed with the cluster's own key (ES256)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

_ALGORITHM: Final = "ES256"
_HALF: Final = 32
_SCHEME: Final = ec.ECDSA(hashes.SHA256())
_LONGEST: Final = 16 * 1024


class TokenError(Exception):
    """Not a token of ours: garbled, or signed by somebody else."""


class SigningKey:
    """Signs and verifies; kept in `directory` when there is one, so that tokens outlive a restart."""

    def __init__(self, directory: Path | None = None) -> None:
        self._key = _kept(directory / "sa.key") if directory else ec.generate_private_key(ec.SECP256R1())
        self._public = self._key.public_key()
        spki = self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = _encoded(hashlib.sha256(spki).digest())
        """The key's name in the header of its tokens."""

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The token that says this."""
        header = {"alg": _ALGORITHM, "kid": self.id}
        content = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
        r, s = utils.decode_dss_signature(self._key.sign(content.encode(), _SCHEME))
        return f"{content}.{_encoded(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"

    def verify(self, token: str) -> dict[str, Any]:
        """What a token of ours says; whether it still holds is the caller's to judge. TokenError."""
        if len(token) > _LONGEST or token.count(".") != 2:
            raise TokenError("not a token")
        content, _, signature = token.rpartition(".")
        header, _, payload = content.partition(".")
        if _decoded_object(header).get("alg") != _ALGORITHM:
            raise TokenError("signed by another algorithm")
        raw = _decoded(signature)
        if len(raw) != 2 * _HALF:
            raise TokenError("no signature")
        numbers = (int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))
        try:
            self._public.verify(utils.encode_dss_signature(*numbers), content.encode(), _SCHEME)
        except InvalidSignature:
            raise TokenError("the signature is not ours") from None
        return _decoded_object(payload)


def _kept(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TokenError(f"{path.name} is not an elliptic curve key")
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenError("not base64") from None


def _decoded_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded(text))
    except ValueError:
        raise TokenError("not JSON") from None
    if not isinstance(value, dict):
        raise TokenError("not an object")
    return value
