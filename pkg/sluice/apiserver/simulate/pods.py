"""Pods: scheduled, started and stopped as a kubelet would, without running anything."""

import hashlib
import ipaddress
from typing import Any, Final

from sluice.apiserver.simulate import conditions, nodes
from sluice.apiserver.simulate.hands import KUBELET, Hands, controller, deleted
from sluice.apiserver.simulate.options import Fate, Mode
from sluice.apiserver.storage.entries import Object

_POD_NETWORK: Final = ipaddress.ip_network("10.244.0.0/16")
FINISHED: Final = ("Succeeded", "Failed")


def reconcile(hands: Hands, pod: Object) -> float | None:
    """Bring a pod on its way; without nodes it stays where it is."""
    if hands.options.mode is not Mode.HEALTHY:
        return None
    kind = hands.kind("v1", "Pod")
    if deleted(pod):
        if pod["spec"].get("nodeName") and not pod["metadata"].get("finalizers"):
            hands.delete(kind, pod, grace=0)
        return None
    if pod.get("status", {}).get("phase") in FINISHED:
        return None
    pod = _scheduled(hands, pod)
    fate = hands.fate(pod)
    left = hands.left(pod, fate.delay)
    if left > 0:
        hands.report(kind, pod, _status(hands, pod, "waiting"), manager=KUBELET)
        return left
    return _arrive(hands, pod, fate)


def _arrive(hands: Hands, pod: Object, fate: Fate) -> float | None:
    """What a pod becomes when its time has come."""
    kind = hands.kind("v1", "Pod")
    owner = controller(pod)
    ends = owner is not None and owner["kind"] == "Job"
    if fate.fails:
        stage = "failed" if ends else "broken"
    elif fate.crashes and not ends:
        stage = "crashing"
    elif fate.never:
        stage = "unready"
    else:
        stage = "succeeded" if ends else "ready"
    hands.report(kind, pod, _status(hands, pod, stage), manager=KUBELET)
    return None


def ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    return conditions.holds(pod.get("status") or {}, "Ready")


def available(hands: Hands, pod: Object, seconds: int) -> float | None:
    """None when a pod has been ready for that many seconds; else how long that takes, infinite when it is not ready."""
    if not ready(pod):
        return float("inf")
    found = conditions.find(pod["status"], "Ready")
    assert found is not None
    left = seconds - hands.age(found["lastTransitionTime"])
    return left if seconds and left > 0 else None


def _scheduled(hands: Hands, pod: Object) -> Object:
    """The pod on the node; the scheduler's write, which no update of a pod could make."""
    if pod["spec"].get("nodeName"):
        return pod
    key = hands.cluster.key(hands.kind("v1", "Pod"), pod["metadata"]["namespace"], pod["metadata"]["name"])
    spec = {"nodeName": hands.options.node}
    return hands.cluster.store.update(key, lambda live: {**live, "spec": {**live["spec"], **spec}}).object


def _status(hands: Hands, pod: Object, stage: str) -> Object:
    before = pod.get("status") or {}
    now = hands.now()
    started = before.get("startTime", now)
    is_ready = stage == "ready"
    finished = stage in ("succeeded", "failed")
    ends = {"succeeded": "Succeeded", "failed": "Failed"}
    phases = {"ready": "Running", "unready": "Running", "crashing": "Running", **ends}
    address = str(_POD_NETWORK[2 + int(hashlib.sha256(pod["metadata"]["uid"].encode()).hexdigest(), 16) % 65000])
    status: Object = {
        "phase": phases.get(stage, "Pending"),
        "conditions": conditions.timed(before, _conditions(stage), now),
        "hostIP": nodes.ADDRESS,
        "hostIPs": [{"ip": nodes.ADDRESS}],
        "startTime": started,
        "containerStatuses": [
            _container(one, stage, now, _before(before, one["name"])) for one in pod["spec"].get("containers") or ()
        ],
        "qosClass": before.get("qosClass", "BestEffort"),
    }
    if stage not in ("waiting", "broken"):
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    initial = pod["spec"].get("initContainers")
    if initial:
        done = "succeeded" if is_ready or finished or stage in ("unready", "crashing") else stage
        status["initContainerStatuses"] = [_container(one, done, now, _before(before, one["name"])) for one in initial]
    return status


def _conditions(stage: str) -> list[Object]:
    started = "False" if stage in ("waiting", "broken") else "True"
    if stage == "ready":
        readiness = [conditions.condition(kind, "True") for kind in ("Ready", "ContainersReady")]
    elif stage == "succeeded":
        readiness = [conditions.condition(kind, "False", "PodCompleted") for kind in ("Ready", "ContainersReady")]
    elif stage == "failed":
        readiness = [conditions.condition(kind, "False", "PodFailed") for kind in ("Ready", "ContainersReady")]
    else:
        text = "containers with unready status"
        readiness = [
            conditions.condition(kind, "False", "ContainersNotReady", text) for kind in ("Ready", "ContainersReady")
        ]
    return [
        conditions.condition("PodReadyToStartContainers", started),
        conditions.condition("Initialized", "True"),
        *readiness,
        conditions.condition("PodScheduled", "True"),
    ]


def _before(status: Object, name: str) -> Object:
    return next((one for one in status.get("containerStatuses") or () if one["name"] == name), {})


def _container(container: Object, stage: str, now: str, before: Object) -> Object:
    running = stage in ("ready", "unready")
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "lastState": {},
        "ready": stage == "ready",
        "restartCount": 0,
        "started": running,
        "state": _state(stage, now, before.get("state") or {}),
    }


def _state(stage: str, now: str, before: Object) -> Object:
    if stage in ("ready", "unready"):
        running: Object = before.get("running") or {"startedAt": now}
        return {"running": running}
    if stage in ("succeeded", "failed"):
        code, reason = (0, "Completed") if stage == "succeeded" else (1, "Error")
        ended: Any = before.get("terminated") or {
            "exitCode": code,
            "reason": reason,
            "startedAt": now,
            "finishedAt": now,
        }
        return {"terminated": ended}
    reasons = {
        "broken": {"reason": "ImagePullBackOff", "message": "Back-off pulling image (simulated)"},
        "crashing": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container (simulated)"},
    }
    return {"waiting": reasons.get(stage) or {"reason": "ContainerCreating"}}
