"""How requests to blob storage are authorised."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from sluice.buckets.errors import LoginError

Lend = Callable[[], Awaitable[str]]
"""Gives a token."""

_UNSENT_HEADERS: Final = 11
"""Those that a signature covers by position, and that our requests do not have."""


class Login(Protocol):
    """Authorises requests."""

    async def headers(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """What to send besides the headers. Raises LoginError."""


class Nobody:
    """Says nothing: for containers that everybody may read, and for shared access signatures."""

    async def headers(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Nothing."""
        return {}


@dataclass(frozen=True)
class Bearer:
    """Shows a token. Only over TLS, as with Azure's own clients."""

    lend: Lend

    async def headers(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The token."""
        if urlsplit(url).scheme != "https":
            raise LoginError("authenticated requests are not permitted for non TLS protected (https) endpoints")
        return {"Authorization": f"Bearer {await self.lend()}"}


@dataclass(frozen=True, kw_only=True)
class SharedKey:
    """Signs with the key of an account.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """

    account: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, account: str, encoded: str) -> SharedKey:
        """Read a key in base64. Raises LoginError."""
        try:
            return cls(account=account, key=base64.b64decode(encoded.strip(), validate=True))
        except (binascii.Error, ValueError):
            raise LoginError("decode account key: it is not base64") from None

    async def headers(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The signature."""
        parts = urlsplit(url)
        own = sorted((name.lower(), value.strip()) for name, value in headers.items())
        lines = [f"{name}:{value}" for name, value in own if name.startswith("x-ms-")]
        resource = f"/{self.account}{parts.path or '/'}"
        query = sorted((name.lower(), value) for name, value in parse_qsl(parts.query, keep_blank_values=True))
        asked = [f"{name}:{value}" for name, value in query]
        text = "\n".join((method, *[""] * _UNSENT_HEADERS, *lines, resource, *asked))
        signature = base64.b64encode(hmac.digest(self.key, text.encode(), "sha256")).decode()
        return {"Authorization": f"SharedKey {self.account}:{signature}"}
