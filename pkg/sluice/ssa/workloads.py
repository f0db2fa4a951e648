"""The pods behind workloads: watched while one that may fail by them is on its way, else listed when it matters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice import aio, kube
from sluice.ssa import following, health, identities

Listener = Callable[[identities.Identity], None]

PODS: Final = kube.Resource(group="", version="v1", kind="Pod", plural="pods", namespaced=True)

_WATCHED: Final = frozenset({("apps", "StatefulSet"), ("apps", "ReplicaSet")})
_SELECTING: Final = _WATCHED | {("apps", "Deployment"), ("apps", "DaemonSet"), ("batch", "Job")}
_LISTED: Final = 50


@dataclass(frozen=True)
class _Scope:
    identity: identities.Identity
    selector: str


class Workloads:
    """Knows what pods say of the workloads that made them; `changed` is told the workload of a pod that changes."""

    def __init__(
        self, client: kube.Client, *, tasks: aio.TaskOwner, changed: Listener, clock: aio.Clock | None = None
    ) -> None:
        self._client = client
        self._changed = changed
        self._clock = clock or aio.SystemClock()
        self._following = following.Following[_Scope]("pods", tasks=tasks, clock=self._clock)

    async def follow(self, asker: Hashable, workloads: Iterable[kube.Object]) -> None:
        """Watch the pods of those that fail by their pods, in place of the asker's earlier ones."""
        scopes = frozenset(scope for one in workloads if (scope := _scope(one)) is not None)
        for scope in self._following.want(asker, scopes):
            self._following.start(scope, functools.partial(self._informer, scope))
        await self._following.synced(scopes)

    def release(self, asker: Hashable) -> None:
        """The asker waits for no workload any more."""
        self._following.want(asker, ())

    def failed(self, workload: kube.Object) -> int:
        """How many pods of a followed workload have failed."""
        pods = self._followed(workload)
        now = self._clock.now()
        return sum(health.has_failed(pod, now) for pod in pods if _made(workload, pod))

    async def last_word(self, workload: kube.Object) -> str:
        """What a pod of a workload that is not ready says; asks the server for pods that it does not follow.

        "" when none says anything.
        """
        selector = _selector(workload)
        if not selector:
            return ""
        try:
            namespace = workload["metadata"].get("namespace") or ""
            found = (
                self._followed(workload)
                or (await self._client.list(PODS, namespace, labels=selector, limit=_LISTED)).items
            )
        except (kube.KubeError, TimeoutError):
            return ""
        pods = [pod for pod in found if _made(workload, pod) and not pod["metadata"].get("deletionTimestamp")]
        newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)
        return next(filter(None, map(health.last_word, newest)), "")

    def _followed(self, workload: kube.Object) -> list[kube.Object]:
        """The pods that the watch shows; none when they are not followed."""
        scope = _scope(workload)
        informer = self._following.get(scope) if scope is not None else None
        return list(informer.store) if informer is not None else []

    def _informer(self, scope: _Scope) -> kube.Informer:
        informer = kube.Informer(
            self._client,
            PODS,
            namespace=scope.identity.namespace,
            labels=scope.selector,
            transform=kube.without_managed_fields,
            clock=self._clock,
        )
        informer.add_handler(lambda event: self._changed(scope.identity))
        return informer


def _scope(workload: kube.Object) -> _Scope | None:
    identity = identities.Identity.of(workload)
    selector = _selector(workload)
    watched = (identity.group, identity.kind) in _WATCHED and selector
    return _Scope(identity, selector) if watched else None


def _selector(workload: Mapping[str, Any]) -> str:
    """The label selector of the workload's pods; "" if it has none."""
    ref = kube.ObjectRef.of(workload)
    if (ref.group, ref.kind) not in _SELECTING:
        return ""
    return ",".join(_requirements((workload.get("spec") or {}).get("selector") or {}))


def _requirements(selector: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items()))
    for one in selector.get("matchExpressions") or ():
        values = ",".join(one.get("values") or ())
        match one["operator"]:
            case "Exists":
                yield one["key"]
            case "DoesNotExist":
                yield f"!{one['key']}"
            case operator:
                yield f"{one['key']} {operator.lower()} ({values})"


def _made(workload: kube.Object, pod: kube.Object) -> bool:
    """Whether the workload made the pod, a Deployment through one of its ReplicaSets."""
    meta = workload["metadata"]
    for owner in pod["metadata"].get("ownerReferences") or ():
        through = owner["kind"] == "ReplicaSet" and owner["name"].rpartition("-")[0] == meta["name"]
        if owner["uid"] == meta.get("uid") or (workload.get("kind") == "Deployment" and through):
            return True
    return False
