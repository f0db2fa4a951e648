"""One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

from sluice.sops.errors import InvalidDocument
from sluice.sops.trees import Path
from sluice.yamlio.ordered import Comment, Time

_ENCRYPTED: Final = re.compile(r"ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([^\]]+)\]")
_WHOLE_TAG: Final = 16
_TRUE: Final = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE: Final = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def is_encrypted(text: str) -> bool:
    """Whether a text looks like an encrypted value."""
    return _ENCRYPTED.match(text) is not None


def opened(text: str, key: bytes, path: Path) -> Any:
    """The value; an empty text stands for itself.

    Raises:
        InvalidDocument: it is not encrypted, or not for this place with this key.
    """
    return decrypted(text, key, ":".join(path) + ":")


def decrypted(text: str, key: bytes, additional: str) -> Any:
    """As `opened`, bound to any text instead of a path: SOPS binds the MAC to a time.

    Raises:
        InvalidDocument: it is not encrypted, or not for this place with this key.
    """
    if not text:
        return ""
    match = _ENCRYPTED.match(text)
    if match is None:
        raise InvalidDocument("input string <redacted> does not match sops' data format")
    data, iv, tag = (_decoded(part) for part in match.group(1, 2, 3))
    return _typed(_plaintext(data, iv, tag, key, additional), match[4])


def _plaintext(data: bytes, iv: bytes, tag: bytes, key: bytes, additional: str) -> bytes:
    if len(tag) != _WHOLE_TAG:
        # A shorter one could be guessed.
        raise InvalidDocument("could not decrypt with AES_GCM: the tag is not of 16 bytes")
    try:
        opener = Cipher(AES(key), GCM(iv, tag)).decryptor()
        opener.authenticate_additional_data(additional.encode("utf-8", "surrogateescape"))
        return opener.update(data) + opener.finalize()
    except InvalidTag:
        raise InvalidDocument("could not decrypt with AES_GCM: message authentication failed") from None
    except ValueError:
        raise InvalidDocument("could not decrypt with AES_GCM: the key or the iv is of a wrong size") from None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidDocument("an encrypted value is not base64") from None


def _typed(content: bytes, kind: str) -> Any:
    text = content.decode("utf-8", "surrogateescape")
    try:
        match kind:
            case "str" | "bytes":
                return text
            case "comment":
                return Comment(text)
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool" if text in _TRUE or text in _FALSE:
                return text in _TRUE
            case "time":
                return Time(text)
    except ValueError:
        pass
    raise InvalidDocument(f"an encrypted value is of the unknown type {kind!a}, or not of its type")
