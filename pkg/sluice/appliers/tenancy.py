"""In whose name objects are read, applied and pruned: what a tenant makes acts as its ServiceAccount."""

from __future__ import annotations

from typing import Any, Final

from sluice import kube

_ACCOUNTS: Final = kube.Resource(
    group="", version="v1", kind="ServiceAccount", plural="serviceaccounts", namespaced=True
)


class Tenancy:
    """Knows who acts for an object that says what to apply."""

    def __init__(self, client: kube.Client, *, default_account: str = "") -> None:
        """`default_account` acts for those that name none; "" leaves them to the controller itself."""
        self._client = client
        self._default = default_account

    def actor(self, obj: kube.Object) -> str:
        """The user to act as, "" for the controller itself. Reads the object as the API serves it."""
        account = self._account(obj)
        return f"system:serviceaccount:{obj['metadata'].get('namespace') or ''}:{account}" if account else ""

    async def is_gone(self, obj: kube.Object) -> bool:
        """Whether the ServiceAccount to act as is not there any more: then nothing can be deleted in its name.

        Raises:
            KubeError: the server cannot say.
        """
        account = self._account(obj)
        if not account:
            return False
        try:
            await self._client.get(_ACCOUNTS, account, obj["metadata"].get("namespace") or "")
        except kube.NotFound:
            return True
        return False

    def _account(self, obj: kube.Object) -> str:
        found: Any = (obj.get("spec") or {}).get("serviceAccountName")
        return str(found) if found else self._default
