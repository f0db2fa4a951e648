"""SOPS: encrypted documents in, plaintext out, in memory.

Synchronous, and pure but for the key services of clouds, which are asked through their own SDKs. Nothing is written,
and no message, repr or error holds a value or a key. Values and comments, metadata and MAC are as `sops` 3 has them.

    ring = ring_of(Keys(data={"a.agekey": b"AGE-SECRET-KEY-1…"}), DataKeys())
    document = decrypt(content, Format.YAML, ring)
    document.verify()
    plain = emitted(document.branches, Format.YAML)

Who only hands keys on imports no cryptography with this package: the rest is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.sops.errors import InvalidDocument, InvalidKey, KeyUnavailable, MacMismatch, SopsError
from sluice.sops.lending import Lender
from sluice.sops.secrets import AGE, Keys, Loan, Want

if TYPE_CHECKING:
    from sluice.sops.documents import Document, decrypt, decrypt_object
    from sluice.sops.keyrings import ring_of
    from sluice.sops.metadata import Entry
    from sluice.sops.rings import DataKeys, KeyService, Ring
    from sluice.sops.stores.formats import Format, emitted, format_of, is_marked, marked_format
else:
    __getattr__ = lazy.attributes(
        __name__,
        {
            "DataKeys": "rings",
            "Document": "documents",
            "Entry": "metadata",
            "Format": "stores.formats",
            "KeyService": "rings",
            "Ring": "rings",
            "decrypt": "documents",
            "decrypt_object": "documents",
            "emitted": "stores.formats",
            "format_of": "stores.formats",
            "is_marked": "stores.formats",
            "marked_format": "stores.formats",
            "ring_of": "keyrings",
        },
    )

__all__ = [
    "AGE",
    "DataKeys",
    "Document",
    "Entry",
    "Format",
    "InvalidDocument",
    "InvalidKey",
    "KeyService",
    "KeyUnavailable",
    "Keys",
    "Lender",
    "Loan",
    "MacMismatch",
    "Ring",
    "SopsError",
    "Want",
    "decrypt",
    "decrypt_object",
    "emitted",
    "format_of",
    "is_marked",
    "marked_format",
    "ring_of",
]
