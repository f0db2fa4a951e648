"""Tokens for the logins that Google gives out as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sluice import jws, web
from sluice.buckets import tokens
from sluice.buckets.errors import LoginError
from sluice.buckets.tokens import Token

_SCOPE: Final = "https://www.googleapis.com/auth/devstorage.read_only"
_TOKENS: Final = "https://oauth2.googleapis.com/token"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A service account with its key, or a user with a refresh token."""

    url: str
    """Where tokens are given."""
    email: str = ""
    key_id: str = ""
    key: rsa.RSAPrivateKey | None = field(default=None, repr=False)
    refresh: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    access: web.Access | None = None

    @classmethod
    def parse(cls, text: bytes, access: web.Access | None = None) -> Self:
        """Read the JSON. Raises LoginError."""
        try:
            found = orjson.loads(text)
            kind = found["type"]
            if kind == "service_account":
                return cls._service(found, access)
            if kind == "authorized_user":
                return cls._user(found, access)
        except (ValueError, KeyError, TypeError):
            raise LoginError(
                "failed to create Google credentials from secret: 'serviceaccount' is not their JSON"
            ) from None
        raise LoginError(f"failed to create Google credentials from secret: type '{kind}' is not supported")

    @classmethod
    def _service(cls, found: dict[str, Any], access: web.Access | None) -> Self:
        key = serialization.load_pem_private_key(str(found["private_key"]).encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError
        return cls(
            url=str(found.get("token_uri") or _TOKENS),
            email=str(found["client_email"]),
            key_id=str(found.get("private_key_id", "")),
            key=key,
            access=access,
        )

    @classmethod
    def _user(cls, found: dict[str, Any], access: web.Access | None) -> Self:
        refresh = tuple((name, str(found[name])) for name in ("client_id", "client_secret", "refresh_token"))
        return cls(url=_TOKENS, refresh=refresh, access=access)

    async def token(self, asker: web.Web, now: datetime) -> Token:
        """A token to read objects with. Raises LoginError and the WebError tree."""
        if self.key is None:
            asked = {"grant_type": "refresh_token", **dict(self.refresh)}
        else:
            claims = {
                "iss": self.email,
                "scope": _SCOPE,
                "aud": self.url,
                "iat": int(now.timestamp()),
                "exp": int((now + timedelta(hours=1)).timestamp()),
            }
            asked = {"grant_type": _GRANT, "assertion": jws.signed(claims, self.key, header={"kid": self.key_id})}
        return await tokens.granted(asker, self.url, asked, now=now, access=self.access)
