"""Security keys without the hardware: what OpenSSH's PROTOCOL.u2f says that they sign."""

import base64
import hashlib
import struct
from typing import ClassVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

_TOUCHED = 1


class SecurityKey:
    """A key that signs with its application, whether its owner touched it, and how often it has signed."""

    KINDS: ClassVar = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")

    def __init__(self, kind: str, application: bytes = b"ssh:") -> None:
        self._kind = kind.encode()
        self._application = application
        self._key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
        if "ed25519" in kind:
            self._key = ed25519.Ed25519PrivateKey.generate()
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> bytes:
        """The line of authorized_keys."""
        return self._kind + b" " + base64.b64encode(self._blob()) + b" me@example.com\n"

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self._blob()).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    def sign(
        self,
        payload: bytes,
        *,
        flags: int = _TOUCHED,
        application: bytes = b"",
        counted: int = 7,
        claimed: int | None = None,
    ) -> bytes:
        """A signature for Git in armor; `claimed` is what it says of how often was signed, if that is not so."""
        fields = (b"git", b"", b"sha512", hashlib.sha512(payload).digest())
        message = b"SSHSIG" + b"".join(map(_field, fields))
        told = struct.pack(">BI", flags, counted)
        asked = hashlib.sha256(application or self._application).digest()
        made = self._signed(asked + told + hashlib.sha256(message).digest())
        trailer = struct.pack(">BI", flags, counted if claimed is None else claimed)
        blob = _field(self._kind) + _field(made) + trailer
        envelope = b"SSHSIG" + struct.pack(">I", 1) + b"".join(map(_field, (self._blob(), *fields[:3], blob)))
        text = base64.encodebytes(envelope)
        return b"-----BEGIN SSH SIGNATURE-----\n" + text + b"-----END SSH SIGNATURE-----\n"

    def _signed(self, data: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        r, s = utils.decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(_field(number.to_bytes(33, "big").lstrip(b"\0").rjust(1, b"\0")) for number in (r, s))

    def _blob(self) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
            return _field(self._kind) + _field(self._key.public_key().public_bytes(*raw)) + _field(self._application)
        point = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        public = self._key.public_key().public_bytes(*point)
        return b"".join(map(_field, (self._kind, b"nistp256", public, self._application)))


def _field(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
