"""GitHub Apps: a token of an installation for the signature of the App's private key.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sluice import jws, web
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError

USER: Final = "x-access-token"
"""Who logs in with a token of an installation."""
_API: Final = "https://api.github.com"
_DRIFT: Final = timedelta(seconds=30)
_SIGNED_FOR: Final = timedelta(minutes=2)
_MOST_BYTES: Final = 1 << 20
_MOST_TOLD: Final = 300
_ID, _KEY, _URL = "githubAppID", "githubAppPrivateKey", "githubAppBaseURL"
_OWNER, _INSTALLATION = "githubAppInstallationOwner", "githubAppInstallationID"


@dataclass(frozen=True, kw_only=True)
class App:
    """An App, and which of its installations is meant: the one with an ID, or that of an owner."""

    id: int
    private_key: bytes = field(repr=False)
    installation: int = 0
    owner: str = ""
    api: str = _API

    def fingerprint(self) -> str:
        """Differs whenever the App or the installation does; tells nothing about the key."""
        parts = (self.id, self.installation, self.owner, self.api, self.private_key.hex())
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def app_of(data: Mapping[str, bytes], shown: str) -> App | None:
    """The App that a Secret's data describe; None if they describe none. `shown` is the Secret's name.

    Raises:
        AuthError: they describe half of one, in Flux's words.
    """
    if not data.get(_ID) or not data.get(_KEY):
        return None
    if (_OWNER in data) == (_INSTALLATION in data):
        raise AuthError(f"secret '{shown}' must contain exactly one of '{_OWNER}' or '{_INSTALLATION}'")
    text = {key: data.get(key, b"").decode(errors="replace").strip() for key in (_ID, _INSTALLATION, _OWNER, _URL)}
    made = App(
        id=_number(text[_ID]),
        private_key=data[_KEY],
        installation=_number(text[_INSTALLATION]),
        owner=text[_OWNER],
        api=(text[_URL] or _API).rstrip("/"),
    )
    if not made.id:
        raise AuthError("app ID must be provided to use github app authentication")
    if not made.owner and not made.installation:
        raise AuthError("app installation owner or ID must be provided to use github app authentication")
    return made


async def lend(client: web.Web, access: web.Access, app: App, now: datetime) -> Credential:
    """A token of the installation.

    Raises:
        AuthError: GitHub does not give one; in the words of Flux' client, without the key.
    """
    headers = {
        "Authorization": f"Bearer {await asyncio.to_thread(_signed, app, now)}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    asking = _Asking(client, access, app.api, headers)
    installation = app.installation or await _installation(asking, app.owner)
    found = await asking("POST", f"/app/installations/{installation}/access_tokens")
    try:
        return Credential.bearer(str(found["token"]), datetime.fromisoformat(found["expires_at"]))
    except (KeyError, TypeError, ValueError):
        raise AuthError("GitHub has given no token") from None


async def _installation(asking: _Asking, owner: str) -> int:
    """The installation of an organization or, if there is none of that name, of a user."""
    told = []
    for kind, path in (("organization", "orgs"), ("user", "users")):
        try:
            return int((await asking("GET", f"/{path}/{quote(owner, safe='')}/installation"))["id"])
        except AuthError as error:
            told.append(f"failed to find {kind} installation: {error}")
        except (KeyError, TypeError, ValueError):
            told.append(f"failed to find {kind} installation: the answer has no ID")
    raise AuthError("\n".join(told))


@dataclass(frozen=True)
class _Asking:
    client: web.Web
    access: web.Access
    api: str
    headers: Mapping[str, str] = field(repr=False)

    async def __call__(self, method: str, path: str) -> Mapping[str, Any]:
        url = f"{self.api}{path}"
        try:
            # A redirect would take what is signed to somebody else.
            async with self.client.request(
                method, url, access=self.access, headers=self.headers, redirects=False
            ) as answer:
                body = bytearray()
                async for chunk in answer.content.iter_chunked(1 << 16):
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise AuthError(f"{method} {web.shown(url)}: the answer is larger than {_MOST_BYTES} bytes")
        except web.WebError as error:
            raise AuthError(str(error)) from None
        found = _read(bytes(body))
        if not 200 <= answer.status < 300:
            told = " ".join(str(found.get("message", "")).split())[:_MOST_TOLD]
            raise AuthError(f"{method} {web.shown(url)}: {answer.status} {told} []")
        return found


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _signed(app: App, now: datetime) -> str:
    """What proves to be the App for two minutes: a JSON web token, signed by RS256 (RFC 7519, RFC 7518)."""
    issued = now.replace(microsecond=0) - _DRIFT
    claims = {
        "iat": int(issued.timestamp()),
        "exp": int((issued + _SIGNED_FOR).timestamp()),
        "iss": str(app.id),
    }
    return jws.signed(claims, _key(app))


def _key(app: App) -> rsa.RSAPrivateKey:
    try:
        found = serialization.load_pem_private_key(app.private_key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, rsa.RSAPrivateKey):
        text = "could not parse private key: invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key"
        raise AuthError(text)
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
