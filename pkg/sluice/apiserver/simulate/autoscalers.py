"""HorizontalPodAutoscalers: content with what there is, for nothing is measured here."""

from sluice import schema
from sluice.apiserver import errors
from sluice.apiserver.simulate import conditions
from sluice.apiserver.simulate.conditions import condition
from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.simulate.options import Mode
from sluice.apiserver.storage.entries import Object


def reconcile(hands: Hands, scaler: Object) -> float | None:
    """Report the size of the target as the right one."""
    if deleted(scaler) or hands.options.mode is not Mode.HEALTHY:
        return None
    kind = hands.kind("autoscaling/v2", "HorizontalPodAutoscaler")
    before = scaler.get("status") or {}
    target = _target(hands, scaler)
    if target is None:
        text = "the HPA controller was unable to get the target's current scale"
        told = [condition("AbleToScale", "False", "FailedGetScale", text)]
        size = 0
    else:
        size = target["spec"].get("replicas", 1)
        told = [
            condition("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
            condition(
                "ScalingActive",
                "True",
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count",
            ),
            condition(
                "ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"
            ),
        ]
    status = {
        "desiredReplicas": size,
        "conditions": conditions.timed(before, told, hands.now()),
        "currentMetrics": None,
    }
    if size:
        status["currentReplicas"] = size
    hands.report(kind, scaler, status)
    return None


def _target(hands: Hands, scaler: Object) -> Object | None:
    reference = scaler["spec"]["scaleTargetRef"]
    group, _, version = reference.get("apiVersion", "").rpartition("/")
    kind = hands.cluster.registry.of(schema.GVK(group, version, reference["kind"]))
    if kind is None:
        return None
    try:
        return hands.cluster.read(kind, scaler["metadata"]["namespace"], reference["name"])
    except errors.StatusError:
        return None
