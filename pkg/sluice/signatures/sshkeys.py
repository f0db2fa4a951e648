"""Public SSH keys: those of a file in the format of authorized_keys, and what each of them has signed."""

import base64
import binascii
import hashlib
import struct
from itertools import pairwise

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from sluice.signatures.errors import SignatureError

_ECDSA: dict[bytes, hashes.HashAlgorithm] = {
    b"ecdsa-sha2-nistp256": hashes.SHA256(),
    b"ecdsa-sha2-nistp384": hashes.SHA384(),
    b"ecdsa-sha2-nistp521": hashes.SHA512(),
}
# Never `ssh-rsa`, which is SHA-1: PROTOCOL.sshsig rules it out.
_RSA: dict[bytes, hashes.HashAlgorithm] = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
_ED25519 = b"ssh-ed25519"
_SK_ED25519 = b"sk-ssh-ed25519@openssh.com"
_SK_ECDSA = b"sk-ecdsa-sha2-nistp256@openssh.com"
_TYPES = (b"ssh-rsa", _ED25519, _SK_ED25519, _SK_ECDSA, *_ECDSA)
_SMALLEST_RSA = 2048
_PRESENT = 1
"""The flag of a security key whose owner was there and touched it."""


def authorized(file: bytes) -> list[bytes]:
    """The keys of a file, in the encoding of the SSH protocol; SignatureError at the first line that holds none."""
    lines = (line.strip() for line in file.splitlines())
    return [_key(line) for line in lines if line and not line.startswith(b"#")]


def _key(line: bytes) -> bytes:
    words = line.split()
    # Options may come first; they are about logins.
    for name, encoded in pairwise(words):
        if name in _TYPES:
            try:
                key = base64.b64decode(encoded, validate=True)
                if field(key)[0] == name:
                    return key
            except (binascii.Error, ValueError, struct.error):
                break
    raise SignatureError("unable to parse authorized keys: unable to parse authorized key: ssh: no key found")


def field(data: bytes) -> tuple[bytes, bytes]:
    """The first field of the data, by its length before it, and what follows it; ValueError or struct.error."""
    (length,) = struct.unpack_from(">I", data)
    if len(data) < 4 + length:
        raise ValueError("cut short")
    return data[4 : 4 + length], data[4 + length :]


def is_by(key: bytes, blob: bytes, signed: bytes) -> bool:
    """Whether `blob`, a signature in the encoding of the SSH protocol, is the key's over `signed`."""
    try:
        algorithm, rest = field(blob)
        signature, trailer = field(rest)
        name, _ = field(key)
        if name in (_SK_ED25519, _SK_ECDSA):
            signed = _by_security_key(key, trailer, signed)
        elif trailer:
            return False
        _check(_public(name, key), name, algorithm, signature, signed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, struct.error):
        return False
    return True


def _public(name: bytes, key: bytes) -> object:
    return serialization.load_ssh_public_key(name + b" " + base64.b64encode(key))


def _check(public: object, name: bytes, algorithm: bytes, signature: bytes, signed: bytes) -> None:
    """Raise InvalidSignature, or ValueError when key and signature are of different kinds."""
    if isinstance(public, ed25519.Ed25519PublicKey) and algorithm == name:
        public.verify(signature, signed)
    elif isinstance(public, ec.EllipticCurvePublicKey) and algorithm == name:
        public.verify(_der(signature), signed, ec.ECDSA(_ECDSA.get(name, hashes.SHA256())))
    elif isinstance(public, rsa.RSAPublicKey) and algorithm in _RSA and public.key_size >= _SMALLEST_RSA:
        public.verify(signature, signed, padding.PKCS1v15(), _RSA[algorithm])
    else:
        raise ValueError("not a signature of that key's kind")


def _der(signature: bytes) -> bytes:
    r, rest = field(signature)
    s, _ = field(rest)
    return utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def _by_security_key(key: bytes, trailer: bytes, signed: bytes) -> bytes:
    """What a security key signs (PROTOCOL.u2f): the text's digest, with where, how often and how it was asked."""
    if len(trailer) != 5 or not trailer[0] & _PRESENT:
        raise ValueError("not a signature by somebody who was there")
    application = _application(key)
    return hashlib.sha256(application).digest() + trailer + hashlib.sha256(signed).digest()


def _application(key: bytes) -> bytes:
    name, rest = field(key)
    for _ in range(1 if name == _SK_ED25519 else 2):
        _, rest = field(rest)
    return field(rest)[0]
