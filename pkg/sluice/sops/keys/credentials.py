"""What all key services share: how credentials are written, and how long is waited for."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from sluice import yamlio
from sluice.sops.errors import InvalidKey, KeyUnavailable

SECONDS: Final = 10
"""For one answer: a build waits for it."""
RETRIES: Final = 2


def mapping(content: bytes, name: str) -> dict[str, Any]:
    """Credentials written as YAML or JSON.

    Raises:
        InvalidKey: they are not; what is there instead is not shown.
    """
    try:
        found = yamlio.load(content)
    except yamlio.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise InvalidKey(f"{name} is no mapping of names and values")
    return found


def base64_of(text: str, *, for_urls: bool = False) -> bytes:
    """The bytes behind base64; that for URLs has no padding.

    Raises:
        KeyUnavailable: it is none.
    """
    try:
        if for_urls:
            return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnavailable("the encrypted data key is not base64") from None
