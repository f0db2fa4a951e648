"""What a token says of itself. Nothing is verified: the API server has just issued it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from sluice.auth.errors import AuthError


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT.

    Raises:
        AuthError: it is none.
    """
    try:
        _, payload, _ = token.split(".")
        found = orjson.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, dict):
        raise AuthError("the API server has issued a token that is no JWT")
    return found


def audiences_of(token: str) -> tuple[str, ...]:
    """For whom the token is."""
    found = claims_of(token).get("aud") or ()
    return (found,) if isinstance(found, str) else tuple(map(str, found))
