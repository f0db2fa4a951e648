"""Tokens of registries: asked for at the authority that a registry names, and kept for as long as they are good."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from sluice import web
from sluice.oci import asking, refusals
from sluice.oci.challenges import BASIC, Challenge
from sluice.oci.doors import Door, Endpoint
from sluice.oci.errors import RegistryError

_MOST_BYTES: Final = 1 << 20
_KEPT: Final = 1000
_LEAST_SECONDS: Final = 60.0
"""What a token is good for when nothing is said."""
_MOST_SECONDS: Final = 3600.0
_FRESH: Final = 5.0
"""Seconds for which a token is as good as another one would be."""
_SHARE: Final = 0.8
"""Of its life, after which a token is replaced."""


@dataclass(frozen=True, kw_only=True)
class _Kept:
    token: str = field(repr=False)
    since: float
    until: float


class Tokens:
    """Knows what to show to a registry. A token of one door is never shown at another."""

    def __init__(self, asker: web.Web, now: Callable[[], float] | None = None) -> None:
        self._web = asker
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._kept: OrderedDict[tuple[Door, Endpoint], _Kept] = OrderedDict()

    async def authorization(self, door: Door, endpoint: Endpoint) -> str:
        """The header's value; empty when nothing is to be shown. Raises RegistryError and the WebError tree."""
        login, challenge = door.login, endpoint.challenge
        if challenge is None:
            return ""
        if login and login.registry_token:
            return f"Bearer {login.registry_token}"
        if challenge.scheme == BASIC:
            return web.basic(login.username, login.password) if login and login.username else ""
        kept = self._kept.get((door, endpoint))
        if kept is None or kept.until < self._now():
            kept = self._kept[door, endpoint] = await self._fetched(door, endpoint, challenge)
        self._kept.move_to_end((door, endpoint))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return f"Bearer {kept.token}"

    def forget(self, door: Door, endpoint: Endpoint) -> bool:
        """Forget a token that was refused; whether another one may do better."""
        kept = self._kept.pop((door, endpoint), None)
        return kept is not None and kept.since + _FRESH < self._now()

    async def _fetched(self, door: Door, endpoint: Endpoint, challenge: Challenge) -> _Kept:
        realm = _checked(challenge.realm, door, endpoint)
        asked = {"scope": f"repository:{door.repository.path}:pull"}
        if challenge.service:
            asked["service"] = challenge.service
        answer = await self._answer(realm, asked, door)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RegistryError(f"GET {web.shown(realm)}: no token in bearer response")
        life = answer.get("expires_in")
        seconds = float(life) if isinstance(life, (int, float)) else _LEAST_SECONDS
        seconds = min(max(seconds, _LEAST_SECONDS), _MOST_SECONDS)
        now = self._now()
        return _Kept(token=token, since=now, until=now + seconds * _SHARE)

    async def _answer(self, realm: str, asked: dict[str, str], door: Door) -> dict[str, Any]:
        if door.login and door.login.identity_token:
            sent = {
                **asked,
                "grant_type": "refresh_token",
                "client_id": "sluice",
                "refresh_token": door.login.identity_token,
            }
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            try:
                return await self._json("POST", realm, door, form, urlencode(sent).encode())
            except RegistryError as error:
                if error.status != 404:
                    raise
                # Not every authority knows OAuth 2; all know what comes now.
        login = door.login
        headers = {"Authorization": web.basic(login.username, login.password)} if login and login.username else {}
        separator = "&" if urlsplit(realm).query else "?"
        return await self._json("GET", f"{realm}{separator}{urlencode(asked)}", door, headers)

    async def _json(
        self, method: str, url: str, door: Door, headers: dict[str, str], data: bytes | None = None
    ) -> dict[str, Any]:
        # A login follows no redirect, so neither does this.
        async with self._web.request(
            method, url, access=door.access, headers=headers, data=data, redirects=False, verbatim=True
        ) as response:
            if response.status != 200:
                raise await refusals.of(response, method, url, hide=door.secrets)
            try:
                found = orjson.loads(await response.content.read(_MOST_BYTES))
            except orjson.JSONDecodeError:
                found = None
        if not isinstance(found, dict):
            raise RegistryError(f"{method} {web.shown(url)}: the answer is no JSON object")
        return found


def _checked(realm: str, door: Door, endpoint: Endpoint) -> str:
    """The address of the authority, if a login may be shown there."""
    if not realm:
        raise RegistryError("malformed www-authenticate, missing realm")
    try:
        scheme, host, _ = asking.origin(realm)
    except ValueError:
        scheme, host = "", None
    if not host or not (scheme == "https" or (scheme == "http" and endpoint.scheme == "http")):
        text = f'realm "{web.shown(realm)}" must be https (or http for insecure registries)'
        raise RegistryError(f"invalid realm in www-authenticate: {text}")
    if urlsplit(realm).netloc != door.repository.registry and asking.is_internal(host):
        raise RegistryError(f'invalid realm in www-authenticate: "{host}" is an address of a private network')
    return realm
