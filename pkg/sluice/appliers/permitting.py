"""Whether a tenant is told of an object that is not its own.

The API server is asked once for every state of the object, spec and account. So a pass that finds nothing new costs no
request, and who has lost the right to read since learns nothing new either.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import kube, ssa
from sluice.appliers.clusters import Cluster
from sluice.ssa import health

_KNOWN: Final = "readable"


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who wants to see objects, and in whose name."""

    owner: ssa.Owner
    generation: int
    actor: str
    """The user; "" is the controller itself, which may see everything."""
    cluster: Cluster = field(repr=False)
    """Where the objects are."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Of the events that tell of it."""


async def refusal(
    memory: dict[str, Any], asker: Asker, ref: kube.ObjectRef, seen: kube.Object | health.Health
) -> health.Health | None:
    """What the asker is told instead of what is seen; None if it may read the object.

    `memory` is that of the object that asks.
    """
    if not asker.actor:
        return None
    known = _known(memory, (asker.cluster.key, asker.actor, asker.generation))
    state = _state(seen)
    if state is not None and known.get(ref) == state:
        return None
    known.pop(ref, None)
    try:
        allowed = await asker.cluster.resources.may_read(ref, actor=asker.actor)
    except kube.KubeError as error:
        return health.Health(health.Status.UNKNOWN, str(error))
    if not allowed:
        return health.Health(health.Status.UNKNOWN, f"{asker.actor} may not read it")
    if state is not None:
        known[ref] = state
    return None


def _known(memory: dict[str, Any], asker: Hashable) -> dict[kube.ObjectRef, Hashable]:
    """The states of objects that the asker was told of; another spec or account is another asker."""
    before = memory.get(_KNOWN)
    if before is None or before[0] != asker:
        before = memory[_KNOWN] = (asker, {})
    found: dict[kube.ObjectRef, Hashable] = before[1]
    return found


def _state(seen: kube.Object | health.Health) -> Hashable | None:
    """What tells one state of an object from another; None when it is not known whether there is one."""
    if isinstance(seen, health.Health):
        return seen.status if seen.status is health.Status.NOT_FOUND else None
    return seen["metadata"].get("uid"), seen["metadata"].get("resourceVersion")
