"""ServiceAccounts: followed by watch, and asked for tokens of theirs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sluice import aio, kube
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError, NoAccountError

_RESOURCE: Final = kube.Resource(
    group="", version="v1", kind="ServiceAccount", plural="serviceaccounts", namespaced=True
)
_REVIEWS: Final = kube.Resource(
    group="authentication.k8s.io",
    version="v1",
    kind="SelfSubjectReview",
    plural="selfsubjectreviews",
    namespaced=False,
)
_PREFIX: Final = "system:serviceaccount:"
_SYNC_SECONDS: Final = 5.0
_DOMAINS: Final = ("azure.workload.identity/", "eks.amazonaws.com/", "gcp.auth.fluxcd.io/", "iam.gke.io/")
"""Of the annotations that say who an account is elsewhere. Others change nothing."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A ServiceAccount as it is now: made anew under the same name, or annotated otherwise, it is another."""

    namespace: str
    name: str
    uid: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def user(self) -> str:
        """Its name as a user of the API."""
        return f"{_PREFIX}{self.namespace}:{self.name}"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def token_of(namespace: str, name: str) -> Hashable:
    """What is notified when the ServiceAccount changes, once somebody has asked for one."""
    return ("account", namespace, name)


class Accounts:
    """Knows ServiceAccounts. The watch, of their metadata, begins with the first that is asked for."""

    def __init__(
        self,
        client: kube.Client,
        *,
        tasks: aio.TaskOwner,
        clock: aio.Clock,
        changed: Callable[[Hashable], None],
        namespace: str = "",
        manager: str,
    ) -> None:
        """`namespace` restricts the watch; `manager` is the name under which tokens are asked for."""
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._changed = changed
        self._namespace = namespace
        self._manager = manager
        self._informer: kube.Informer | None = None

    async def get(self, namespace: str, name: str) -> Account:
        """The ServiceAccount.

        Raises:
            NoAccountError: there is none.
            AuthError: it cannot be looked up.
        """
        informer = self._informer or self._start()
        if not informer.synced:
            try:
                await aio.within(self._clock, _SYNC_SECONDS, informer.wait_synced())
            except TimeoutError:
                raise AuthError(f"failed to get service account '{namespace}/{name}': timed out") from None
        found = informer.store.get(namespace, name)
        if found is None:
            raise NoAccountError(f"{namespace}/{name}")
        meta = found["metadata"]
        return Account(namespace=namespace, name=name, uid=meta.get("uid", ""), annotations=_annotations(meta))

    async def own(self) -> Account:
        """The controller's own ServiceAccount.

        Raises:
            AuthError: it has none, or the server does not say.
        """
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
        try:
            answer = await self._client.create(_REVIEWS, body, manager=self._manager)
        except kube.KubeError as error:
            raise AuthError(f"failed to find the service account of the controller: {error}") from None
        user = str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")
        namespace, _, name = user.removeprefix(_PREFIX).partition(":")
        if not user.startswith(_PREFIX) or not namespace or not name:
            raise AuthError(f"the controller has no service account: it is known as '{user}'")
        return Account(namespace=namespace, name=name)

    async def mint(self, account: Account, audiences: Iterable[str]) -> Credential:
        """A new token for these audiences, or for the API server if there are none.

        Raises:
            AuthError: the server refuses, or the account is another by now.
        """
        meta: dict[str, Any] = {"namespace": account.namespace, "name": account.name}
        if account.uid:
            meta["uid"] = account.uid
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": meta,
            "spec": {"audiences": list(audiences)},
        }
        try:
            answer = await self._client.create(_RESOURCE, body, manager=self._manager, subresource="token")
        except kube.KubeError as error:
            raise AuthError(f"failed to create kubernetes token for service account '{account}': {error}") from None
        status = answer["status"]
        return Credential.bearer(status["token"], datetime.fromisoformat(status["expirationTimestamp"]))

    def _start(self) -> kube.Informer:
        informer = self._informer = kube.Informer(
            self._client,
            _RESOURCE,
            namespace=self._namespace,
            metadata_only=True,
            transform=kube.without_managed_fields,
            clock=self._clock,
        )
        informer.add_handler(self._told)
        self._tasks.spawn(informer.run(), name=f"{informer.name} (identities)")
        return informer

    def _told(self, event: kube.Event) -> None:
        meta = event.object["metadata"]
        old = (event.old or {}).get("metadata")
        same = old is not None and old.get("uid") == meta.get("uid") and _annotations(old) == _annotations(meta)
        if same and event.kind != "DELETED":
            return
        self._changed(token_of(meta["namespace"], meta["name"]))


def _annotations(meta: Mapping[str, Any]) -> dict[str, str]:
    return {key: text for key, text in (meta.get("annotations") or {}).items() if key.startswith(_DOMAINS)}
