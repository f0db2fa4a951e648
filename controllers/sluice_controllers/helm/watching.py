"""What an action waits for, as watches show it: whoever looks is woken when there is more to see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, Protocol

from sluice import kube, ssa
from sluice.appliers import judging
from sluice.appliers.clusters import Cluster
from sluice.ssa import health

Found = kube.Object | health.Health
"""An object, or why there is none to be seen."""


class Watches(Protocol):
    """Looks at objects."""

    async def look(self, refs: Collection[kube.ObjectRef]) -> Mapping[kube.ObjectRef, Found]:
        """The objects as they are seen; from here on a change of any of them, and of no others, begins another pass."""

    async def custom(self, ref: kube.ObjectRef) -> health.Health | None:
        """The health of an object by the expressions of the HelmRelease; None where it has none for the kind."""

    def release(self) -> None:
        """Look at nothing any more."""


def _apart(_ref: kube.ObjectRef) -> ssa.Extent:
    return ssa.Extent.APART


class ClusterWatches:
    """Looks at objects of one cluster for one owner."""

    def __init__(
        self,
        cluster: Cluster,
        owner: ssa.Owner,
        *,
        subscribe: Callable[[Hashable], None],
        memory: dict[str, Any],
        rules: judging.Rules,
    ) -> None:
        self._cluster = cluster
        self._asker = ("action", owner)
        self._subscribe = subscribe
        self._memory = memory
        self._rules = rules

    async def look(self, refs: Collection[kube.ObjectRef]) -> Mapping[kube.ObjectRef, Found]:
        """See `Watches`."""
        for ref in refs:
            self._subscribe(self._cluster.token(ref))
        readiness = self._cluster.readiness
        await readiness.follow(self._asker, refs, need=_apart)
        return {ref: readiness.look(ref, need=_apart) for ref in refs}

    async def custom(self, ref: kube.ObjectRef) -> health.Health | None:
        """See `Watches`."""
        if self._rules.find(ref) is None:
            return None
        return await self._cluster.judge.judge(self._memory, self._rules, ref)

    def release(self) -> None:
        """See `Watches`."""
        self._cluster.readiness.release(self._asker)
