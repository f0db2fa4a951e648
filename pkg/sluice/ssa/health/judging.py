"""The order in which the rules are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sluice import kube
from sluice.ssa.health import others, pods, reading, verdicts, workloads

Object = Mapping[str, Any]

_RULES: Final[Mapping[tuple[str, str], Callable[[Object], verdicts.Health]]] = {
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): others.job,
    ("", "Service"): others.service,
    ("", "PersistentVolumeClaim"): others.claim,
    ("policy", "PodDisruptionBudget"): others.budget,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): others.definition,
}

# Kinds that are current as soon as they exist: nothing but their presence has to be watched.
_STATELESS: Final = frozenset(
    {
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "ServiceAccount"),
        ("", "LimitRange"),
        ("batch", "CronJob"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    }
)


def needs_status(group: str, kind: str) -> bool:
    """Whether the health of the kind is more than its being there and not being deleted."""
    return (group, kind) not in _STATELESS


def judge(obj: Object, now: datetime) -> verdicts.Health:
    """The health of a live object. `now` decides how long a pod may stay unschedulable."""
    ref = kube.ObjectRef.of(obj)
    usual = unsettled(obj) or _unreadable(obj) or _general(obj)
    return usual or _particular(obj, (ref.group, ref.kind), now) or _by_ready(obj)


def unsettled(obj: Object) -> verdicts.Health | None:
    """What is said of an object before any rule is asked: it is on its way out, or its last change is not yet seen."""
    meta = obj["metadata"]
    if meta.get("deletionTimestamp"):
        return verdicts.Health(verdicts.Status.TERMINATING, "Resource scheduled for deletion")
    observed = reading.part(obj, "status").get("observedGeneration")
    generation = meta.get("generation")
    if reading.is_number(observed) and reading.is_number(generation) and observed != generation:
        return verdicts.in_progress(
            f"{obj.get('kind')} generation is {generation}, but latest observed generation is {observed}"
        )
    return None


def _unreadable(obj: Object) -> verdicts.Health | None:
    """A status of another form than the rules read says nothing: it is for health expressions."""
    what = reading.malformed(obj)
    return verdicts.unknown(f"its {what} cannot be read") if what else None


def _general(obj: Object) -> verdicts.Health | None:
    verdict = {"Reconciling": verdicts.in_progress, "Stalled": verdicts.failed}
    said = (one for one in reading.conditions(obj) if one.get("type") in verdict and one.get("status") == "True")
    first = next(said, None)
    return verdict[first["type"]](reading.message(first, first["type"])) if first is not None else None


def _particular(obj: Object, kind: tuple[str, str], now: datetime) -> verdicts.Health | None:
    if kind == ("", "Pod"):
        return pods.pod(obj, now)
    if kind in _STATELESS:
        return verdicts.current("Resource is always ready")
    rule = _RULES.get(kind)
    return rule(obj) if rule else None


def _by_ready(obj: Object) -> verdicts.Health:
    for one in reading.conditions(obj):
        if one.get("type") == "Ready" and one.get("status") == "True":
            return verdicts.current("Resource is Ready")
        if one.get("type") == "Ready" and one.get("status") in ("False", "Unknown"):
            return verdicts.in_progress(reading.message(one, "Resource is not Ready"))
    return verdicts.current("Resource is current")
