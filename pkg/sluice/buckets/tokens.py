"""Tokens of OAuth 2.0, as clouds give them for logins that Secrets hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from sluice import web
from sluice.buckets import transfers
from sluice.buckets.errors import LoginError

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_TOLD: Final = 300

Token = tuple[str, datetime]
"""A token, and when it expires."""


async def granted(
    asker: web.Web, url: str, asked: Mapping[str, str], *, now: datetime, access: web.Access | None = None
) -> Token:
    """The token that an endpoint gives for a form. Raises LoginError and the WebError tree; neither shows the form."""
    if urlsplit(url).scheme != "https":
        raise LoginError(f"the token endpoint '{web.shown(url)}' must use https")
    asking = asker.request(
        "POST",
        url,
        access=access,
        headers={"Content-Type": _FORM, "Accept": "application/json"},
        data=urlencode(asked).encode(),
        redirects=False,
    )
    async with asking as response:
        body = await transfers.said(response)
    answer = _object(body)
    if response.status != 200:
        told = ": ".join(str(answer[key]) for key in ("error", "error_description") if answer.get(key))
        text = " ".join(told.split())[:_MOST_TOLD]
        raise LoginError(f"{urlsplit(url).netloc}: {response.status} {text}".rstrip())
    try:
        return str(answer["access_token"]), now + timedelta(seconds=int(answer["expires_in"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise LoginError(f"{urlsplit(url).netloc}: the answer has no token") from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {}
