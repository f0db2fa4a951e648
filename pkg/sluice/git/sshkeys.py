"""Private SSH keys: which can be used, and the pair that libgit2 is given.

PEM keys are unlocked here. An encrypted key in OpenSSH's own format stays locked until libssh2 opens it: its key
derivation is not part of the cryptography package, and its public half can be read without the passphrase.
"""

import base64
import binascii
import struct
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sluice.git.errors import CredentialsError

_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_BEGIN = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_END = b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"


@dataclass(frozen=True, kw_only=True, repr=False)
class Pair:
    """What libgit2 logs in with; the texts of the two keys, and what still opens the private one."""

    public: str
    private: str
    passphrase: str = ""


def is_locked(identity: bytes) -> bool:
    """Whether the key is encrypted. False for what is no key at all."""
    if envelope := _envelope(identity):
        return envelope.encrypted
    try:
        serialization.load_pem_private_key(identity, None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def pair(identity: bytes, passphrase: str) -> Pair:
    """The pair for ``identity``; raises CredentialsError with Flux's texts. A needless passphrase is ignored."""
    if is_locked(identity) and not passphrase:
        raise CredentialsError("ssh: this private key is passphrase protected")
    envelope = _envelope(identity)
    if envelope and envelope.encrypted:
        return Pair(public=envelope.public, private=identity.decode("ascii", "replace"), passphrase=passphrase)
    key = _loaded(identity, passphrase if is_locked(identity) else "")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return Pair(public=public.decode(), private=private.decode())


def _loaded(identity: bytes, passphrase: str) -> _PrivateKey:
    try:
        if _BEGIN in identity:
            key: object = serialization.load_ssh_private_key(identity, None)
        else:
            key = serialization.load_pem_private_key(identity, passphrase.encode() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CredentialsError("x509: decryption password incorrect" if passphrase else "ssh: no key found") from None
    if not isinstance(key, _PrivateKey):
        raise CredentialsError("ssh: unsupported key type")
    return key


@dataclass(frozen=True, kw_only=True)
class _Envelope:
    encrypted: bool
    public: str


def _envelope(identity: bytes) -> _Envelope | None:
    """What an OpenSSH key file says outside its encrypted part (see OpenSSH's PROTOCOL.key)."""
    _, begin, rest = identity.partition(_BEGIN)
    body, end, _ = rest.partition(_END)
    if not begin or not end:
        return None
    try:
        data = base64.b64decode(b"".join(body.split()), validate=True)
        if not data.startswith(_MAGIC):
            return None
        cipher, data = _field(data[len(_MAGIC) :])
        _, data = _field(data)
        _, data = _field(data)
        public, _ = _field(data[4:])
        name, _ = _field(public)
    except (binascii.Error, struct.error, ValueError):
        return None
    text = f"{name.decode('ascii', 'replace')} {base64.b64encode(public).decode()}"
    return _Envelope(encrypted=cipher != b"none", public=text)


def _field(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack_from(">I", data)
    if len(data) < 4 + length:
        raise ValueError("cut short")
    return data[4 : 4 + length], data[4 + length :]
