"""The arithmetic of a rolling update: who grows and who shrinks, within maxSurge and maxUnavailable."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.apiserver.storage.entries import Object


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How many pods more, and how many fewer available ones, a rollout may have than asked for."""

    surge: int
    unavailable: int

    @classmethod
    def of(cls, deployment: Object) -> "Bounds":
        """From a Deployment's strategy; both nought would never move, so one pod may be unavailable then."""
        spec = deployment["spec"]
        rolling: Mapping[str, Any] = (spec.get("strategy") or {}).get("rollingUpdate") or {}
        replicas = spec.get("replicas", 1)
        surge = _resolved(rolling.get("maxSurge", "25%"), replicas, math.ceil)
        unavailable = _resolved(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
        return cls(surge=surge, unavailable=min(unavailable, replicas) if surge or unavailable else 1)


def grown(new: Object, everything: Sequence[Object], replicas: int, bounds: Bounds) -> int:
    """How many pods the new ReplicaSet gets now."""
    size: int = new["spec"].get("replicas", 0)
    if size >= replicas:
        return replicas
    room = replicas + bounds.surge - sum(_size(one) for one in everything)
    return size + max(0, min(room, replicas - size))


def shrunk(new: Object, old: Sequence[Object], replicas: int, bounds: Bounds) -> dict[str, int]:
    """The new sizes of old ReplicaSets by name: what is not available goes first, then what can be spared."""
    lacking_new = _size(new) - _available(new)
    total = sum(_size(one) for one in (new, *old))
    spare = total - (replicas - bounds.unavailable) - lacking_new
    sizes = {one["metadata"]["name"]: _size(one) for one in old}
    for one in old:
        broken = min(max(0, spare), _size(one) - _available(one))
        sizes[one["metadata"]["name"]] -= broken
        spare -= broken
    left = sum(_available(one) for one in (new, *old)) - (replicas - bounds.unavailable)
    for one in old:
        name = one["metadata"]["name"]
        taken = max(0, min(left, sizes[name]))
        sizes[name] -= taken
        left -= taken
    return {
        one["metadata"]["name"]: sizes[one["metadata"]["name"]]
        for one in old
        if sizes[one["metadata"]["name"]] != _size(one)
    }


def _size(replica_set: Object) -> int:
    return int(replica_set["spec"].get("replicas", 0))


def _available(replica_set: Object) -> int:
    return min(_size(replica_set), int((replica_set.get("status") or {}).get("availableReplicas", 0)))


def _resolved(value: Any, replicas: int, rounded: Any) -> int:
    if isinstance(value, str):
        return int(rounded(replicas * int(value.removesuffix("%")) / 100))
    return int(value)
