"""Clusters that trust this one's tokens: the ServiceAccount's own token is the credential."""

from __future__ import annotations

from sluice import web
from sluice.auth.accounts import Account, Accounts
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError
from sluice.auth.jwt import audiences_of
from sluice.auth.providers import ClusterSpec, Lend, address_of


class Generic:
    """Hands on tokens as the API server issues them."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def via(self, proxy: web.Proxy | None, endpoint: str) -> Generic:
        """The same: the API server gives the tokens, and is not far."""
        return self

    def identity(self, account: Account) -> str:
        """The account's user."""
        return account.user

    async def audiences(self, account: Account) -> tuple[str, ...]:
        """The API server's own."""
        return ()

    async def exchange(self, minted: Credential, account: Account, scope: str) -> Credential:
        """The token itself."""
        return minted

    async def own(self, scope: str, audiences: tuple[str, ...]) -> Credential:
        """A token of the controller's ServiceAccount, for others.

        Raises:
            AuthError: it would be good for this cluster too: whoever it is shown to would be the controller here.
        """
        account = await self._accounts.own()
        here = audiences_of((await self._accounts.mint(account, ())).token)
        if not audiences or set(here) & set(audiences):
            raise AuthError("a token of the controller that is good for its own cluster is not given away")
        return await self._accounts.mint(account, audiences)

    def token_audiences(self, spec: ClusterSpec) -> tuple[str, ...]:
        """Those that are named, or else the address as it is written."""
        return spec.audiences or (spec.address,)

    async def locate(self, spec: ClusterSpec, lend: Lend) -> tuple[str, bytes]:
        """As said: nobody else knows."""
        if not spec.address:
            raise AuthError("cluster address is required to create a REST config")
        try:
            return address_of(spec.address), spec.authority.encode()
        except AuthError as error:
            raise AuthError(f"failed to parse cluster address {spec.address}: {error}") from None

    async def bearer(self, spec: ClusterSpec, lend: Lend) -> Credential:
        """The token of the account."""
        return await lend("")
