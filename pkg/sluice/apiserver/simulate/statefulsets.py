"""StatefulSets: pods by number, made in order and renewed from the last to the first."""

import math
from typing import Any

from sluice.apiserver.simulate import pods, templates
from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.storage.entries import Object

_HASH = "controller-revision-hash"


def reconcile(hands: Hands, stateful_set: Object) -> float | None:
    """One step towards all pods being there, ready and of the current template."""
    if deleted(stateful_set):
        return None
    revision = f"{stateful_set['metadata']['name']}-{templates.digest(stateful_set['spec']['template'])}"
    found = {_number(pod): pod for pod in hands.owned(stateful_set, "Pod")}
    wait = _step(hands, stateful_set, found, revision)
    later = _report(hands, stateful_set, revision)
    return min((one for one in (wait, later) if one is not None), default=None)


def _step(hands: Hands, stateful_set: Object, found: dict[int, Object], revision: str) -> float | None:
    """Make what is missing, remove what is too many, renew what is outdated: one at a time, unless parallel."""
    spec = stateful_set["spec"]
    parallel = spec.get("podManagementPolicy") == "Parallel"
    first = (spec.get("ordinals") or {}).get("start", 0)
    wanted = range(first, first + spec.get("replicas", 1))
    kind = hands.kind("v1", "Pod")
    for number in wanted:
        pod = found.get(number)
        if pod is None:
            _create(hands, stateful_set, number, revision)
        if parallel:
            continue
        if pod is None or deleted(pod):
            return None
        left = pods.available(hands, pod, spec.get("minReadySeconds", 0))
        if left is not None:
            return _renewed_broken(hands, stateful_set, pod, revision, left)
    for number in sorted((number for number in found if number not in wanted), reverse=True):
        if not deleted(found[number]):
            hands.delete(kind, found[number])
        if not parallel:
            return None
    _renew(hands, stateful_set, found, wanted, revision)
    return None


def _renewed_broken(hands: Hands, stateful_set: Object, pod: Object, revision: str, left: float) -> float | None:
    """A pod that is not ready holds everything up, but for being renewed itself when it is of an older template."""
    outdated = pod["metadata"].get("labels", {}).get(_HASH) != revision
    if outdated and not pods.ready(pod) and _rolls(stateful_set) and _number(pod) >= _partition(stateful_set):
        hands.delete(hands.kind("v1", "Pod"), pod)
    return None if math.isinf(left) else left


def _renew(hands: Hands, stateful_set: Object, found: dict[int, Object], wanted: range, revision: str) -> None:
    if not _rolls(stateful_set):
        return
    for number in reversed(wanted):
        pod = found.get(number)
        if number < _partition(stateful_set) or pod is None:
            return
        if pod["metadata"].get("labels", {}).get(_HASH) != revision:
            if not deleted(pod):
                hands.delete(hands.kind("v1", "Pod"), pod)
            return
        if not pods.ready(pod):
            return


def _rolls(stateful_set: Object) -> bool:
    strategy: str = (stateful_set["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate")
    return strategy == "RollingUpdate"


def _partition(stateful_set: Object) -> int:
    rolling = (stateful_set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    return int(rolling.get("partition", 0))


def _number(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _create(hands: Hands, stateful_set: Object, number: int, revision: str) -> None:
    spec, name = stateful_set["spec"], f"{stateful_set['metadata']['name']}-{number}"
    labels = {
        _HASH: revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
    }
    pod = templates.pod(stateful_set, spec["template"], name=name, labels=labels)
    volumes = []
    for claim in spec.get("volumeClaimTemplates") or ():
        claimed = f"{claim['metadata']['name']}-{name}"
        volumes.append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": claimed}})
        _claim(hands, stateful_set, claim, claimed)
    pod["spec"] = {**pod["spec"], "hostname": name, "subdomain": spec.get("serviceName", "")}
    if not pod["spec"]["subdomain"]:
        del pod["spec"]["subdomain"]
    names = {volume["name"] for volume in volumes}
    given = [one for one in pod["spec"].get("volumes") or () if one["name"] not in names]
    if volumes or given:
        pod["spec"]["volumes"] = [*volumes, *given]
    hands.create(hands.kind("v1", "Pod"), pod)


def _claim(hands: Hands, stateful_set: Object, claim: Object, name: str) -> None:
    labels = (stateful_set["spec"].get("selector") or {}).get("matchLabels") or {}
    metadata: dict[str, Any] = {"name": name, "namespace": stateful_set["metadata"]["namespace"]}
    metadata["labels"] = {**(claim["metadata"].get("labels") or {}), **labels}
    if claim["metadata"].get("annotations"):
        metadata["annotations"] = claim["metadata"]["annotations"]
    hands.create(hands.kind("v1", "PersistentVolumeClaim"), {"metadata": metadata, "spec": claim["spec"]})


def _report(hands: Hands, stateful_set: Object, revision: str) -> float | None:
    before = stateful_set.get("status") or {}
    found = [pod for pod in hands.owned(stateful_set, "Pod") if not deleted(pod)]
    updated = [pod for pod in found if pod["metadata"].get("labels", {}).get(_HASH) == revision]
    seconds = stateful_set["spec"].get("minReadySeconds", 0)
    waits = [pods.available(hands, pod, seconds) for pod in found]
    ready = sum(map(pods.ready, found))
    replicas = stateful_set["spec"].get("replicas", 1)
    done = len(updated) == len(found) == replicas == ready
    current = revision if done else before.get("currentRevision") or revision
    counts = {
        "readyReplicas": ready,
        "currentReplicas": len(updated) if current == revision else len(found) - len(updated),
        "updatedReplicas": len(updated),
    }
    status: Object = {
        "observedGeneration": stateful_set["metadata"]["generation"],
        "replicas": len(found),
        **{name: count for name, count in counts.items() if count},
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
        "availableReplicas": waits.count(None),
    }
    hands.report(hands.kind("apps/v1", "StatefulSet"), stateful_set, status)
    return min((wait for wait in waits if wait is not None and not math.isinf(wait)), default=None)
