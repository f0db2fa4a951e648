"""Aggregated ClusterRoles: their rules are those of the roles their selectors pick."""

from typing import Any, Final

from sluice import merge
from sluice.apiserver.auth import rbac
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import following
from sluice.apiserver.selecting import labels
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import writing

_MANAGER: Final = "clusterrole-aggregation-controller"


async def aggregate(cluster: Cluster) -> None:
    """Keep the rules of aggregated roles up to date until the store closes."""
    aggregator = _Aggregator(cluster)
    await following.follow(cluster, aggregator.take, aggregator.settle)


def settle(cluster: Cluster) -> None:
    """Give every aggregated role its rules now; roles may aggregate roles that aggregate."""
    for _ in range(len(_roles(cluster)) + 1):
        written = [_settled(cluster, role) for role in _roles(cluster) if _selectors(role)]
        if not any(written):
            return


class _Aggregator:
    """Settles once for each batch of changes that had a ClusterRole in it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._dirty = True

    def take(self, event: entries.Event) -> None:
        """Notice a change."""
        self._dirty = self._dirty or event.entry.key.resource == rbac.CLUSTER_ROLES

    def settle(self) -> None:
        """Act on what was noticed."""
        if self._dirty:
            self._dirty = False
            settle(self._cluster)


def _roles(cluster: Cluster) -> list[Object]:
    return [entry.object for entry in cluster.store.list(rbac.CLUSTER_ROLES).entries]


def _selectors(role: Object) -> list[Any]:
    return (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or []


def _settled(cluster: Cluster, role: Object) -> bool:
    """Write the rules of one role if they differ; whether it did."""
    name = role["metadata"]["name"]
    rules: list[Object] = []
    for other in sorted(_roles(cluster), key=lambda one: str(one["metadata"]["name"])):
        picked = any(labels.from_object(selector).matches(other) for selector in _selectors(role))
        if picked and other["metadata"]["name"] != name:
            rules += [rule for rule in other.get("rules") or () if rule not in rules]
    if rules == (role.get("rules") or []):
        return False
    kind = cluster.registry.builtin(f"{rbac.GROUP}/v1", "ClusterRole")
    wanted = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, "rules": rules}

    def apply(live: Object) -> Object:
        return merge.apply(live, wanted, manager=_MANAGER, force=True, schema=kind.schema, now=cluster.now())

    writing.update(writing.Write.own(cluster, kind, _MANAGER, name=name), apply, managed=True)
    return True
