"""What a provider of identities has to know: one class per cloud, each in a module of its own."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self
from urllib.parse import urlsplit

from sluice import web
from sluice.auth.accounts import Account
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError

Lend = Callable[[str], Awaitable[Credential]]
"""Gives the credential for a scope."""


class Provider(Protocol):
    """Exchanges tokens of ServiceAccounts for credentials. Every method raises `AuthError`.

    A `scope` is what the provider understands by one: a region (AWS), a scope (Azure), nothing for the others.
    """

    def identity(self, account: Account) -> str:
        """Whom the account's annotations make it: credentials are kept for this one alone."""

    async def audiences(self, account: Account) -> tuple[str, ...]:
        """For whom the account's token is made; none is the API server."""

    def via(self, proxy: web.Proxy | None, endpoint: str) -> Self:
        """The same by way of a proxy, and with a token service at that address; "" is the provider's own."""

    async def exchange(self, minted: Credential, account: Account, scope: str) -> Credential:
        """The credential that the account's token is good for."""

    async def own(self, scope: str, audiences: tuple[str, ...]) -> Credential:
        """The credential of the controller itself."""


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """A cluster as a user names it, and the identity to reach it with."""

    provider: str
    namespace: str
    """Whose it is."""
    account: str = ""
    """A ServiceAccount of that namespace; "" is the controller itself."""
    resource: str = ""
    """The name of the cluster in its cloud."""
    address: str = ""
    authority: str = field(default="", repr=False)
    """The certificate of the server's authority, PEM."""
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an API server is."""

    host: str
    authority: bytes = field(default=b"", repr=False)
    expires: datetime
    """When it is looked up again."""


class ClusterProvider(Provider, Protocol):
    """Knows the clusters of a cloud too."""

    def token_audiences(self, spec: ClusterSpec) -> tuple[str, ...]:
        """For whom the account's token is made; none leaves it to `audiences`."""

    async def locate(self, spec: ClusterSpec, lend: Lend) -> tuple[str, bytes]:
        """The address and authority, as said or else as the cloud says."""

    async def bearer(self, spec: ClusterSpec, lend: Lend) -> Credential:
        """The token that the API server takes."""


def address_of(text: str) -> str:
    """An API server's address in one form: `https://host:port`, lower case.

    Raises:
        AuthError: it is none, or would show a token to everyone on the way.
    """
    if not text:
        raise AuthError("empty address")
    try:
        parts = urlsplit(text if text.startswith("http") else f"https://{text}")
        port = parts.port or 443
    except ValueError:
        raise AuthError(f"failed to parse Kubernetes API server address '{text}'") from None
    if parts.scheme != "https":
        raise AuthError(f"the Kubernetes API server address '{text}' must use https scheme")
    if not parts.hostname or parts.username is not None:
        raise AuthError(f"failed to parse Kubernetes API server address '{text}'")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}:{port}"


def matched(pattern: re.Pattern[str], text: str, what: str) -> re.Match[str]:
    """The match of a name, in Flux's words if it does not.

    Raises:
        AuthError: it does not match.
    """
    found = pattern.fullmatch(text)
    if found is None:
        raise AuthError(f"invalid {what}: '{text}'. must match ^{pattern.pattern}$")
    return found
