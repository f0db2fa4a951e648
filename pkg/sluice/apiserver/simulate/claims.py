"""PersistentVolumeClaims: bound, to a volume that only has a name."""

from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.simulate.options import Mode
from sluice.apiserver.storage.entries import Object


def reconcile(hands: Hands, claim: Object) -> float | None:
    """Bind a claim after its delay; without nodes there is nobody who would."""
    status = claim.get("status") or {}
    if hands.options.mode is not Mode.HEALTHY or deleted(claim) or status.get("phase") == "Bound":
        return None
    fate = hands.fate(claim)
    if fate.never:
        return None
    if fate.fails:
        hands.report(hands.kind("v1", "PersistentVolumeClaim"), claim, {"phase": "Lost"})
        return None
    left = hands.left(claim, fate.delay)
    if left > 0:
        return left
    _bind(hands, claim)
    return None


def _bind(hands: Hands, claim: Object) -> None:
    spec = claim["spec"]
    kind = hands.kind("v1", "PersistentVolumeClaim")
    key = hands.cluster.key(kind, claim["metadata"]["namespace"], claim["metadata"]["name"])
    volume = spec.get("volumeName") or f"pvc-{claim['metadata']['uid']}"
    # The binder's own write: an update of a claim could not change where it is bound.
    bound = hands.cluster.store.update(
        key, lambda live: {**live, "spec": {**live["spec"], "volumeName": volume}}
    ).object
    capacity = (spec.get("resources") or {}).get("requests") or {}
    status = {"phase": "Bound", "accessModes": spec.get("accessModes") or [], "capacity": capacity}
    hands.report(kind, bound, status)
