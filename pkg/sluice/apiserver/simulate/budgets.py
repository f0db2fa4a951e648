"""PodDisruptionBudgets: how many of the pods they speak of may go."""

import math
from typing import Any

from sluice.apiserver.selecting import labels
from sluice.apiserver.simulate import conditions, pods
from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.storage.entries import Object


def reconcile(hands: Hands, budget: Object) -> float | None:
    """Count the pods."""
    if deleted(budget):
        return None
    spec, namespace = budget["spec"], budget["metadata"]["namespace"]
    selector = labels.from_object(spec.get("selector") or {})
    found = [entry.object for entry in hands.cluster.store.list("pods", namespace).entries]
    chosen = [pod for pod in found if spec.get("selector") is not None and selector.matches(pod) and not deleted(pod)]
    healthy = sum(map(pods.ready, chosen))
    desired = _desired(spec, len(chosen))
    allowed = max(0, healthy - desired)
    reason = "SufficientPods" if allowed else "InsufficientPods"
    generation = budget["metadata"]["generation"]
    told = {**conditions.condition("DisruptionAllowed", str(allowed > 0), reason), "message": ""}
    status = {
        "conditions": [
            {**one, "observedGeneration": generation}
            for one in conditions.timed(budget.get("status") or {}, [told], hands.now())
        ],
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": len(chosen),
        "observedGeneration": generation,
    }
    hands.report(hands.kind("policy/v1", "PodDisruptionBudget"), budget, status)
    return None


def _desired(spec: Object, expected: int) -> int:
    if "maxUnavailable" in spec:
        return max(0, expected - _count(spec["maxUnavailable"], expected))
    return _count(spec.get("minAvailable", 0), expected)


def _count(value: Any, expected: int) -> int:
    if isinstance(value, str):
        return math.ceil(expected * int(value.removesuffix("%")) / 100)
    return int(value)
