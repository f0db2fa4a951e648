"""ReplicaSets: as many pods as asked for."""

import math
from typing import Any

from sluice.apiserver.simulate import pods, templates
from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.storage.entries import Object


def reconcile(hands: Hands, replica_set: Object) -> float | None:
    """Make or remove pods, and report them."""
    if deleted(replica_set):
        return None
    mine = [pod for pod in hands.owned(replica_set, "Pod") if pod.get("status", {}).get("phase") not in pods.FINISHED]
    active = [pod for pod in mine if not deleted(pod)]
    wanted = replica_set["spec"].get("replicas", 1)
    for _ in range(wanted - len(active)):
        _create(hands, replica_set)
    for pod in sorted(active, key=_last_first)[: max(0, len(active) - wanted)]:
        hands.delete(hands.kind("v1", "Pod"), pod)
    return _report(hands, replica_set)


def _create(hands: Hands, replica_set: Object) -> None:
    name = f"{replica_set['metadata']['name']}-"
    hands.create(
        hands.kind("v1", "Pod"), templates.pod(replica_set, replica_set["spec"]["template"], generateName=name)
    )


def _last_first(pod: Object) -> tuple[Any, ...]:
    """Which pods go first: those that are not ready, then the youngest."""
    created = pod["metadata"]["creationTimestamp"]
    return (pods.ready(pod), [-ord(char) for char in created])


def _report(hands: Hands, replica_set: Object) -> float | None:
    found = hands.owned(replica_set, "Pod")
    active = [pod for pod in found if not deleted(pod) and pod.get("status", {}).get("phase") not in pods.FINISHED]
    seconds = replica_set["spec"].get("minReadySeconds", 0)
    waits = [pods.available(hands, pod, seconds) for pod in active]
    status: Object = {"replicas": len(active)}
    counts = {
        "fullyLabeledReplicas": len(active),
        "readyReplicas": sum(map(pods.ready, active)),
        "availableReplicas": waits.count(None),
    }
    status |= {name: count for name, count in counts.items() if count}
    status["observedGeneration"] = replica_set["metadata"]["generation"]
    status["terminatingReplicas"] = sum(map(deleted, found))
    hands.report(hands.kind("apps/v1", "ReplicaSet"), replica_set, status)
    return min((wait for wait in waits if wait is not None and not math.isinf(wait)), default=None)
