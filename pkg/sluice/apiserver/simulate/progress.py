"""The status of a Deployment: counts, whether it is available, and how its rollout goes."""

from collections.abc import Sequence
from typing import Final

from sluice.apiserver.simulate import conditions, rollouts
from sluice.apiserver.simulate.conditions import condition
from sluice.apiserver.simulate.hands import Hands
from sluice.apiserver.storage.entries import Object

_NO_DEADLINE: Final = 2**31 - 1


def report(
    hands: Hands, deployment: Object, new: Object | None, sets: Sequence[Object], *, created: bool
) -> float | None:
    """Write the status; returns the seconds until the rollout is overdue."""
    before = deployment.get("status") or {}
    status = _counts(deployment, new, sets)
    listed = list(before.get("conditions") or ())
    if created and new is not None:
        text = f'Created new replica set "{new["metadata"]["name"]}"'
        listed = conditions.replaced(
            listed, condition("Progressing", "True", "NewReplicaSetCreated", text), hands.now()
        )
    listed = conditions.replaced(listed, _availability(deployment, status), hands.now())
    overdue = _deadline(deployment) is not None and _is_overdue(hands, deployment, listed)
    told = _progress(deployment, new, before, status, overdue=overdue)
    if _deadline(deployment) is None:
        listed = [one for one in listed if one["type"] != "Progressing"]
    elif told is not None:
        listed = _progressed(listed, told, hands.now())
    status["conditions"] = listed
    hands.report(hands.kind("apps/v1", "Deployment"), deployment, status)
    return _left(hands, deployment, listed)


def _counts(deployment: Object, new: Object | None, sets: Sequence[Object]) -> Object:
    def total(name: str, these: Sequence[Object] = sets) -> int:
        return sum((one.get("status") or {}).get(name, 0) for one in these)

    replicas, available = total("replicas"), total("availableReplicas")
    size = sum(one["spec"].get("replicas", 0) for one in sets)
    counts = {
        "replicas": replicas,
        "updatedReplicas": total("replicas", [new] if new is not None else []),
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, size - available),
    }
    status = {"observedGeneration": deployment["metadata"]["generation"]}
    status |= {name: count for name, count in counts.items() if count}
    collisions = (deployment.get("status") or {}).get("collisionCount")
    if collisions is not None:
        status["collisionCount"] = collisions
    return {**status, "terminatingReplicas": total("terminatingReplicas")}


def _availability(deployment: Object, status: Object) -> Object:
    unavailable = 0
    if (deployment["spec"].get("strategy") or {}).get("type") != "Recreate":
        unavailable = rollouts.Bounds.of(deployment).unavailable
    if status.get("availableReplicas", 0) >= deployment["spec"].get("replicas", 1) - unavailable:
        return condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    text = "Deployment does not have minimum availability."
    return condition("Available", "False", "MinimumReplicasUnavailable", text)


def _progress(
    deployment: Object, new: Object | None, before: Object, status: Object, *, overdue: bool
) -> Object | None:
    """What is to be said of the rollout; None: nothing new."""
    last = conditions.find(before, "Progressing")
    over = last is not None and last["reason"] == "NewReplicaSetAvailable"
    if over and before.get("replicas", 0) == before.get("updatedReplicas", 0) and _complete(deployment, status):
        return None
    what = (
        f'ReplicaSet "{new["metadata"]["name"]}"'
        if new is not None
        else f'Deployment "{deployment["metadata"]["name"]}"'
    )
    if _complete(deployment, status):
        return condition("Progressing", "True", "NewReplicaSetAvailable", f"{what} has successfully progressed.")
    if _moved(before, status):
        return condition("Progressing", "True", "ReplicaSetUpdated", f"{what} is progressing.")
    if overdue:
        return condition("Progressing", "False", "ProgressDeadlineExceeded", f"{what} has timed out progressing.")
    return None


def _complete(deployment: Object, status: Object) -> bool:
    wanted = deployment["spec"].get("replicas", 1)
    counts = (status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas"))
    return all(count == wanted for count in counts)


def _moved(before: Object, status: Object) -> bool:
    def old(of: Object) -> int:
        return int(of.get("replicas", 0)) - int(of.get("updatedReplicas", 0))

    grew = (
        status.get(name, 0) > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )
    return any(grew) or old(status) < old(before)


def _progressed(listed: list[Object], told: Object, now: str) -> list[Object]:
    """The conditions with the rollout's; each sign of progress renews its time, against the deadline."""
    last = next((one for one in listed if one["type"] == "Progressing"), None)
    renewed = last is not None and told["reason"] == last["reason"] == "ReplicaSetUpdated"
    if last is None or not renewed:
        return conditions.replaced(listed, told, now)
    others = [one for one in listed if one["type"] != "Progressing"]
    return [*others, {**told, "lastUpdateTime": now, "lastTransitionTime": last["lastTransitionTime"]}]


def _deadline(deployment: Object) -> int | None:
    seconds: int = deployment["spec"].get("progressDeadlineSeconds", 600)
    return None if seconds == _NO_DEADLINE else seconds


def _left(hands: Hands, deployment: Object, listed: Sequence[Object]) -> float | None:
    """Seconds until the rollout is overdue; None when it is over, or already too late."""
    last = next((one for one in listed if one["type"] == "Progressing"), None)
    deadline = _deadline(deployment)
    if last is None or deadline is None or last["reason"] in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded"):
        return None
    fate = hands.fate(deployment)
    if fate.fails:
        deadline = min(deadline, int(fate.delay))
    # Times in objects are whole seconds: one more makes sure that the deadline has passed when the timer fires.
    return max(0.0, deadline - hands.age(last["lastUpdateTime"])) + 1.0


def _is_overdue(hands: Hands, deployment: Object, listed: Sequence[Object]) -> bool:
    left = _left(hands, deployment, listed)
    last = next((one for one in listed if one["type"] == "Progressing"), None)
    exceeded = last is not None and last["reason"] == "ProgressDeadlineExceeded"
    return exceeded or (left is not None and left <= 1.0 and not deployment["spec"].get("paused"))
