"""The pull secrets of a source: its own, and those of its ServiceAccount."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sluice import kube, runtime
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source import failures
from sluice_controllers.source.ocirepository import failures as wording
from sluice_controllers.source.secrets import Secrets

_ACCOUNTS: Final = kube.Resource(
    group="", version="v1", kind="ServiceAccount", plural="serviceaccounts", namespaced=True
)


class PullSecrets:
    """Reads what opens a repository."""

    def __init__(self, client: kube.Client, secrets: Secrets) -> None:
        self._client = client
        self._secrets = secrets

    async def read(self, ctx: runtime.Context[OCIRepository], source: OCIRepository) -> list[Mapping[str, bytes]]:
        """The data of the pull secret that the spec names, then of those of its ServiceAccount.

        Raises Transient (FetchFailed, AuthenticationFailed).
        """
        found: list[Mapping[str, bytes]] = []
        if source.spec.secret_ref is not None:
            found.append(await self._own(ctx, source.spec.secret_ref.name))
        if source.spec.service_account_name:
            found += await self._of_account(ctx.namespace, source.spec.service_account_name)
        return found

    async def _own(self, ctx: runtime.Context[OCIRepository], name: str) -> Mapping[str, bytes]:
        try:
            return await self._secrets.read(ctx.namespace, name)
        except kube.KubeError as error:
            ctx.trace(failures.AUTHENTICATION_FAILED, f"auth secret '{name}' not found")
            text = f"failed to get secret '{ctx.namespace}/{name}': {error}"
            raise wording.credential(text) from None

    async def _of_account(self, namespace: str, name: str) -> list[Mapping[str, bytes]]:
        shown = f"{namespace}/{name}"
        try:
            account = await self._client.get(_ACCOUNTS, name, namespace)
        except kube.NotFound:
            raise wording.credential(f"serviceaccount '{shown}' not found") from None
        except kube.KubeError as error:
            raise wording.credential(f"failed to get serviceaccount '{shown}': {error}") from None
        return [
            await self._pull_secret(namespace, str(each.get("name") or ""), shown)
            for each in account.get("imagePullSecrets") or ()
        ]

    async def _pull_secret(self, namespace: str, name: str, account: str) -> Mapping[str, bytes]:
        try:
            return await self._secrets.read(namespace, name)
        except kube.NotFound:
            cause = f"secret '{namespace}/{name}' not found"
        except kube.KubeError as error:
            cause = f"failed to get secret '{namespace}/{name}': {error}"
        text = f"failed to get image pull secret for serviceaccount '{account}': {cause}"
        raise wording.credential(text)
