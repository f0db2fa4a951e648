"""Credentials of ServiceAccounts and of the controller: asked for once, kept for whose they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sluice import aio, web
from sluice.auth.accounts import Account, Accounts
from sluice.auth.credentials import Cache, Credential
from sluice.auth.errors import AuthError
from sluice.auth.providers import ClusterProvider, ClusterSpec, Lend, Place

GATE: Final = "ObjectLevelWorkloadIdentity"

_PLACE_SECONDS: Final = 900.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A credential that somebody needs."""

    provider: str
    namespace: str
    account: str = ""
    """A ServiceAccount of the namespace; "" is the controller itself."""
    scope: str = ""
    """What the provider understands by one."""
    audiences: tuple[str, ...] = ()
    proxy: web.Proxy | None = None
    """On the way to the provider, instead of the environment's."""
    endpoint: str = ""
    """Of a token service that is not the provider's usual one."""


class Identities:
    """Knows who may be whom. What is kept for one account is never given to another, nor to another namespace."""

    def __init__(
        self,
        accounts: Accounts,
        providers: Mapping[str, ClusterProvider],
        cache: Cache,
        *,
        clock: aio.Clock,
        enabled: bool,
    ) -> None:
        """`enabled`: whether the gate is open for identities other than the controller's own."""
        self.accounts = accounts
        self._providers = providers
        self._cache = cache
        self._clock = clock
        self._enabled = enabled

    async def holder(self, namespace: str, account: str) -> Account | None:
        """The account as it is now; None for the controller itself.

        Raises:
            AuthError: there is no such account.
        """
        return await self.accounts.get(namespace, account) if account else None

    async def credential(self, wanted: Wanted) -> Credential:
        """The credential.

        Raises:
            AuthError: it is not to be had; in Flux's words.
        """
        provider = self._provider(wanted.provider).via(wanted.proxy, wanted.endpoint)
        holder = await self.holder(wanted.namespace, wanted.account)
        if holder is None:
            return await self._cache.get(
                ("own", wanted.provider, wanted.audiences, wanted.scope, wanted.proxy, wanted.endpoint),
                lambda: self._own(provider, wanted),
            )
        if not self._enabled:
            raise AuthError(f"{GATE} feature gate is not enabled")
        audiences = wanted.audiences or await _audiences(provider, holder)
        whose = (wanted.provider, holder, _identity(provider, holder))
        key = (*whose, audiences, wanted.scope, wanted.proxy, wanted.endpoint)
        return await self._cache.get(key, lambda: self._exchanged(provider, holder, audiences, wanted.scope))

    async def kept(self, key: Hashable, make: Callable[[], Awaitable[Credential]]) -> Credential:
        """What somebody else lends, kept as long as everything that is lent. The key has to say whose it is.

        Raises:
            AuthError: `make` has raised it.
        """
        return await self._cache.get(("kept", key), make)

    async def place(self, spec: ClusterSpec) -> Place:
        """Where the cluster is; asked for anew every quarter of an hour at least.

        Raises:
            AuthError: it is not to be found; in Flux's words.
        """
        provider = self._provider(spec.provider)

        async def found() -> Place:
            host, authority = await provider.locate(spec, self._lender(provider, spec))
            expires = self._clock.now() + timedelta(seconds=_PLACE_SECONDS)
            return Place(host=host, authority=authority, expires=expires)

        return await self._cache.get(("place", spec, await self._of(spec)), found)

    async def bearer(self, spec: ClusterSpec) -> str:
        """The token for the cluster, as fresh as it has to be.

        Raises:
            AuthError: it is not to be had; in Flux's words.
        """
        provider = self._provider(spec.provider)
        key = ("bearer", spec, await self._of(spec))
        lend = self._lender(provider, spec)
        return (await self._cache.get(key, lambda: provider.bearer(spec, lend))).token

    async def _of(self, spec: ClusterSpec) -> tuple[Account | None, str]:
        """Whose it is: another account, or the same with other annotations, is another key."""
        try:
            holder = await self.holder(spec.namespace, spec.account)
            return holder, _identity(self._provider(spec.provider), holder) if holder else ""
        except AuthError as error:
            raise AuthError(f"failed to get access token for cluster: {error}") from None

    def _lender(self, provider: ClusterProvider, spec: ClusterSpec) -> Lend:
        audiences = provider.token_audiences(spec)

        async def lend(scope: str) -> Credential:
            wanted = Wanted(
                provider=spec.provider,
                namespace=spec.namespace,
                account=spec.account,
                scope=scope,
                audiences=audiences,
            )
            try:
                return await self.credential(wanted)
            except AuthError as error:
                raise AuthError(f"failed to get access token for cluster: {error}") from None

        return lend

    def _provider(self, name: str) -> ClusterProvider:
        if name not in self._providers:
            raise AuthError(f"provider '{name}' not implemented")
        return self._providers[name]

    async def _own(self, provider: ClusterProvider, wanted: Wanted) -> Credential:
        try:
            return await provider.own(wanted.scope, wanted.audiences)
        except AuthError as error:
            raise AuthError(f"failed to create provider access token for the controller: {error}") from None

    async def _exchanged(
        self, provider: ClusterProvider, holder: Account, audiences: tuple[str, ...], scope: str
    ) -> Credential:
        minted = await self.accounts.mint(holder, audiences)
        try:
            return await provider.exchange(minted, holder, scope)
        except AuthError as error:
            text = f"failed to create provider access token for service account '{holder}': {error}"
            raise AuthError(text) from None


def _identity(provider: ClusterProvider, holder: Account) -> str:
    try:
        return provider.identity(holder)
    except AuthError as error:
        text = f"failed to get provider identity from service account '{holder}' annotations: {error}"
        raise AuthError(text) from None


async def _audiences(provider: ClusterProvider, holder: Account) -> tuple[str, ...]:
    try:
        return await provider.audiences(holder)
    except AuthError as error:
        raise AuthError(f"failed to get provider audience: {error}") from None
