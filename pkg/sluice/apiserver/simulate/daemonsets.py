"""DaemonSets: one pod on the one node, or none where there is no node."""

import math

from sluice.apiserver.simulate import pods, templates
from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.simulate.options import Mode
from sluice.apiserver.storage.entries import Object

_HASH = "controller-revision-hash"
_GENERATION = "pod-template-generation"


def reconcile(hands: Hands, daemon_set: Object) -> float | None:
    """Have the pod there, of the current template."""
    if deleted(daemon_set):
        return None
    digest = templates.digest(daemon_set["spec"]["template"])
    wanted = 1 if hands.options.mode is Mode.HEALTHY else 0
    found = hands.owned(daemon_set, "Pod")
    fresh = [pod for pod in found if pod["metadata"].get("labels", {}).get(_HASH) == digest]
    if wanted and not found:
        _create(hands, daemon_set, digest)
    strategy = (daemon_set["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate")
    for pod in found:
        outdated = pod not in fresh and strategy == "RollingUpdate"
        if (outdated or not wanted) and not deleted(pod):
            hands.delete(hands.kind("v1", "Pod"), pod)
    return _report(hands, daemon_set, digest, wanted)


def _create(hands: Hands, daemon_set: Object, digest: str) -> None:
    name = f"{daemon_set['metadata']['name']}-"
    labels = {_HASH: digest, _GENERATION: str(daemon_set["metadata"]["generation"])}
    pod = templates.pod(daemon_set, daemon_set["spec"]["template"], generateName=name, labels=labels)
    hands.create(hands.kind("v1", "Pod"), pod)


def _report(hands: Hands, daemon_set: Object, digest: str, wanted: int) -> float | None:
    found = [pod for pod in hands.owned(daemon_set, "Pod") if not deleted(pod)]
    seconds = daemon_set["spec"].get("minReadySeconds", 0)
    waits = [pods.available(hands, pod, seconds) for pod in found]
    available = waits.count(None)
    updated = sum(pod["metadata"].get("labels", {}).get(_HASH) == digest for pod in found)
    counts = {
        "updatedNumberScheduled": updated,
        "numberAvailable": available,
        "numberUnavailable": wanted - min(wanted, available),
    }
    status: Object = {
        "currentNumberScheduled": min(len(found), wanted),
        "desiredNumberScheduled": wanted,
        "numberMisscheduled": 0,
        "numberReady": sum(map(pods.ready, found)),
        "observedGeneration": daemon_set["metadata"]["generation"],
        **{name: count for name, count in counts.items() if count},
    }
    hands.report(hands.kind("apps/v1", "DaemonSet"), daemon_set, status)
    return min((wait for wait in waits if wait is not None and not math.isinf(wait)), default=None)
