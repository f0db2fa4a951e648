"""The keys that `spec.decryption` names."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sluice import auth, kube, runtime, sops
from sluice.appliers.configs import ConfigRef, Configs
from sluice_controllers.kustomize import lending
from sluice_controllers.kustomize.decrypting import Decryption
from sluice_controllers.kustomize.values import Run

_OF_CONTROLLER: Final = frozenset({"kms"})
"""The kinds of keys for which the controller's own identity is lent; other SDKs find it by themselves."""


class Unlocking:
    """Gathers keys. The decryption itself is part of the build."""

    def __init__(
        self,
        configs: Configs,
        identities: auth.Identities,
        *,
        age_secret: ConfigRef | None,
        default_account: str = "",
        vaults: bool = False,
    ) -> None:
        """`age_secret` holds age keys for those that name no Secret of their own.

        `default_account` asks the keepers of keys for those that name no ServiceAccount, "" is the controller; `vaults`
        says whether ServiceAccounts log in to Vault.
        """
        self._configs = configs
        self._identities = identities
        self._age_secret = age_secret
        self._default = default_account
        self._vaults = vaults

    async def gather(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the keys, and be woken when they change where they are watched. A Secret that is missing fails the build.

        Without any Secret there are no keys, which leaves those that key services open for the ServiceAccount, or for
        the controller itself.
        """
        if run.spec.decryption is None:
            return run
        keys, missing = await self._keys(ctx, run)
        account = run.spec.decryption.service_account_name or self._default
        keys = dataclasses.replace(keys, identity=await self._identity(ctx, account), lends=self._lends(account))
        return dataclasses.replace(run, decryption=Decryption(keys=keys, missing=missing, account=account))

    async def _keys(self, ctx: runtime.Context[Any], run: Run) -> tuple[sops.Keys, str]:
        """Those of the Secret, or why they are not there."""
        ref, age_only = self._secret(run)
        if ref is None:
            return sops.Keys(), ""
        ctx.subscribe(ref.token)
        called = f"sops {'age ' if age_only else ''}decryption Secret '{ref.namespace}/{ref.name}'"
        try:
            keys = sops.Keys(data=await self._configs.data(ref), source=called)
        except kube.NotFound as error:
            return sops.Keys(), str(error)
        except kube.KubeError as error:
            return sops.Keys(), f"cannot get {called}: {error}"
        return (keys.only(sops.AGE) if age_only else keys), ""

    async def _identity(self, ctx: runtime.Context[Any], account: str) -> str:
        """Who the account is now, in a text that is another for every other one."""
        if not account:
            return ""
        ctx.subscribe(auth.token_of(ctx.namespace, account))
        try:
            return repr(await self._identities.holder(ctx.namespace, account))
        except auth.AuthError as error:
            # It may never be needed: who needs it is told.
            return str(error)

    def _lends(self, account: str) -> frozenset[str]:
        kinds = frozenset(lending.PROVIDERS) if account else _OF_CONTROLLER
        return kinds | {lending.VAULT} if self._vaults else kinds

    def _secret(self, run: Run) -> tuple[ConfigRef | None, bool]:
        """The Secret to read, and whether nothing but its age keys count."""
        assert run.spec.decryption is not None
        named = run.spec.decryption.secret_ref
        if named is None:
            return self._age_secret, True
        return ConfigRef(kind="Secret", namespace=run.obj.metadata.namespace, name=named.name), False
