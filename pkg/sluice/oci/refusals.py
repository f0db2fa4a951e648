"""What a registry says when it refuses, in the form in which Go's container library tells it."""

from __future__ import annotations

import http
from collections.abc import Iterable, Mapping
from typing import Any, Final

import aiohttp
import orjson

from sluice import web
from sluice.oci.errors import NotFoundError, RegistryError, UnauthorizedError

_MOST_BYTES: Final = 1 << 16
_MOST_SHOWN: Final = 500
_MOST_ERRORS: Final = 5
_KINDS: Final[Mapping[int, type[RegistryError]]] = {
    401: UnauthorizedError,
    403: UnauthorizedError,
    404: NotFoundError,
}


async def of(response: aiohttp.ClientResponse, method: str, url: str, *, hide: Iterable[str] = ()) -> RegistryError:
    """The error that an answer is. What `hide` names is not in its text."""
    body = await response.content.read(_MOST_BYTES)
    text = _said(body) or _status(response.status, method, body)
    for secret in hide:
        text = text.replace(secret, "***")
    text = " ".join(text.split())
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    kind = _KINDS.get(response.status, RegistryError)
    return kind(f"{method} {web.shown(url)}: {shown}", status=response.status)


def _said(body: bytes) -> str:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    listed = found.get("errors") if isinstance(found, dict) else None
    told = [_diagnostic(each) for each in (listed or ()) if isinstance(each, dict)] if isinstance(listed, list) else []
    if len(told) > 1:
        return f"multiple errors returned: {'; '.join(told[:_MOST_ERRORS])}"
    return "".join(told)


def _diagnostic(said: Mapping[str, Any]) -> str:
    text = f"{said.get('code') or ''}: {said.get('message') or ''}"
    detail = said.get("detail")
    return text if detail is None else f"{text}; {_go(detail)}"


def _status(status: int, method: str, body: bytes) -> str:
    text = f"unexpected status code {status} {_phrase(status)}"
    if body:
        return f"{text}: {body.decode(errors='replace')}"
    return f"{text} (HEAD responses have no body, use GET for details)" if method == "HEAD" else text


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _go(value: Any) -> str:
    """A value of JSON as Go prints it."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_go(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)
