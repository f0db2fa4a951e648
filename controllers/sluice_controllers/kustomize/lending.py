"""Credentials for the keepers of keys, fetched when a build turns out to need them."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sluice import auth, kube, kustomize, sops, yamlio
from sluice.appliers.configs import ConfigRef, Configs
from sluice_controllers.kustomize.builds import Order
from sluice_controllers.kustomize.decrypting import CredentialsWanted

_MOST: Final = 16
"""Credentials for one build: each is a request or two to a cloud, and documents name what they want."""
_VAULTS: Final = "config.yaml"

PROVIDERS: Final = {"kms": "aws", "azure_kv": "azure", "gcp_kms": "gcp"}
"""Who lends for which kind of keys."""
VAULT: Final = "hc_vault"


class Lending:
    """Lends. A worker has no way to the API server or to other secrets: it names what it needs, and gets no more."""

    def __init__(self, configs: Configs, identities: auth.Identities, *, vaults: ConfigRef | None = None) -> None:
        """`vaults` lists the Vaults that ServiceAccounts log in to; without it none does."""
        self._configs = configs
        self._identities = identities
        self._vaults = vaults

    async def complete(self, order: Order, build: Callable[[Order], Awaitable[bytes]]) -> bytes:
        """What the build gives, with the credentials that it asks for.

        Raises:
            KustomizeError: it failed, or asks for too many.
        """
        while True:
            try:
                return await build(order)
            except CredentialsWanted as error:
                order = await self._with(order, error.wanted)

    async def _with(self, order: Order, wanted: tuple[sops.Want, ...]) -> Order:
        assert order.decryption is not None
        keys = order.decryption.keys
        if len(keys.lent) + len(wanted) > _MOST:
            raise kustomize.KustomizeError(f"the encrypted files need more than {_MOST} credentials")
        namespace, account = order.owner.namespace, order.decryption.account
        lent = {want: await self._lent(want, namespace, account) for want in wanted}
        keys = dataclasses.replace(keys, lent={**keys.lent, **lent})
        return dataclasses.replace(order, decryption=dataclasses.replace(order.decryption, keys=keys))

    async def _lent(self, want: sops.Want, namespace: str, account: str) -> sops.Loan:
        """A refusal is lent too: another key may open the document, and if none does it is told."""
        try:
            if want.kind == VAULT:
                return sops.Loan(values=await self._login(want.of, namespace, account))
            provider = PROVIDERS[want.kind]
            credential = await self._identities.credential(
                auth.Wanted(provider=provider, namespace=namespace, account=account, scope=want.of)
            )
            return sops.Loan(values={**credential.values, "expires": str(int(credential.expires.timestamp()))})
        except auth.AuthError as error:
            return sops.Loan(refused=str(error))

    async def _login(self, address: str, namespace: str, account: str) -> dict[str, str]:
        """How the account logs in to a Vault: by a token that is made for its address, in the role of its name."""
        path = (await self._paths()).get(address)
        if not path:
            assert self._vaults is not None
            where = f"{self._vaults.namespace}/{self._vaults.name}"
            raise auth.AuthError(f"no Vault login path configured for address '{address}' in ConfigMap '{where}'")
        try:
            token = (
                await self._identities.credential(
                    auth.Wanted(provider="generic", namespace=namespace, account=account, audiences=(address,))
                )
            ).token
        except auth.AuthError as error:
            raise auth.AuthError(f"failed to issue Kubernetes token for Vault authentication: {error}") from None
        role = "_".join(str(auth.claims_of(token).get("sub")).split(":")[2:])
        return {"path": path, "role": role, "jwt": token}

    async def _paths(self) -> Mapping[str, str]:
        """The login paths of the Vaults that may be asked, by address."""
        assert self._vaults is not None
        where = f"Vault ConfigMap '{self._vaults.namespace}/{self._vaults.name}'"
        try:
            data = await self._configs.data(self._vaults)
        except kube.KubeError as error:
            raise auth.AuthError(f"failed to get {where}: {error}") from None
        if _VAULTS not in data:
            raise auth.AuthError(f"{where} is missing the '{_VAULTS}' key")
        try:
            found: Any = yamlio.load(data[_VAULTS])
            return {str(each["address"]): str(each["loginPath"]) for each in found["instances"]}
        except (yamlio.YAMLError, KeyError, TypeError):
            raise auth.AuthError(f"failed to parse '{_VAULTS}' in {where}") from None
