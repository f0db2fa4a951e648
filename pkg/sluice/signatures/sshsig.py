"""SSH signatures in the format of OpenSSH's PROTOCOL.sshsig, as `git commit -S` makes them with `gpg.format=ssh`."""

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.signatures import sshkeys
from sluice.signatures.errors import SignatureError

NAMESPACE = b"git"
"""What a signature must have been made for: one over another kind of text counts for nothing here."""

_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_BEGIN = b"-----BEGIN SSH SIGNATURE-----"
_END = b"-----END SSH SIGNATURE-----"


@dataclass(frozen=True, kw_only=True)
class _Signature:
    key: bytes
    namespace: bytes
    reserved: bytes
    algorithm: bytes
    blob: bytes

    def covers(self, payload: bytes) -> bytes:
        """The bytes that were signed in place of `payload`."""
        digest = _HASHES[self.algorithm](payload).digest()
        fields = (self.namespace, self.reserved, self.algorithm, digest)
        return _MAGIC + b"".join(struct.pack(">I", len(field)) + field for field in fields)


def verify(signature: bytes, payload: bytes, authorized: Sequence[bytes]) -> str:
    """The fingerprint of the key that made the armored `signature`; SignatureError if none of `authorized` did."""
    made = _parsed(signature)
    keys = _authorized(authorized)
    if made.key in keys and _is_sound(made) and sshkeys.is_by(made.key, made.blob, made.covers(payload)):
        digest = base64.b64encode(hashlib.sha256(made.key).digest()).decode()
        return f"SHA256:{digest.rstrip('=')}"
    text = "unable to verify payload with any of the given authorized keys: no matching key"
    raise SignatureError(text if made.key in keys else f"{text}\npublic key does not match")


def _is_sound(made: _Signature) -> bool:
    return made.namespace == NAMESPACE and made.algorithm in _HASHES


def _authorized(files: Sequence[bytes]) -> list[bytes]:
    """The keys of all files that can be read; SignatureError when none of them can."""
    keys: list[bytes] = []
    faults: list[SignatureError] = []
    for file in files:
        try:
            keys += sshkeys.authorized(file)
        except SignatureError as error:
            # A file with a fault gives no key at all, as with Flux: a line that is dropped would go unnoticed.
            faults.append(error)
    if len(faults) == len(files):
        raise faults[0]
    return keys


def _parsed(signature: bytes) -> _Signature:
    body = signature.strip().removeprefix(_BEGIN)
    body, end, rest = body.partition(_END)
    try:
        data = base64.b64decode(b"".join(body.split()), validate=True)
        if not end or rest or data[:6] != _MAGIC or struct.unpack_from(">I", data, 6) != (_VERSION,):
            raise ValueError("no signature")
        key, data = sshkeys.field(data[10:])
        namespace, data = sshkeys.field(data)
        reserved, data = sshkeys.field(data)
        algorithm, data = sshkeys.field(data)
        blob, data = sshkeys.field(data)
    except (binascii.Error, struct.error, ValueError):
        raise SignatureError("unable to unarmor SSH signature: it is damaged, or of another version") from None
    return _Signature(key=key, namespace=namespace, reserved=reserved, algorithm=algorithm, blob=blob)
