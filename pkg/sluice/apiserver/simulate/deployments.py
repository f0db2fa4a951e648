"""Deployments: one ReplicaSet per template, rolled over from the old to the new, and the conditions that tell."""

from collections.abc import Sequence
from typing import Final

from sluice.apiserver.simulate import progress, rollouts, templates
from sluice.apiserver.simulate.hands import Hands, deleted, reference
from sluice.apiserver.storage.entries import Object

HASH: Final = "pod-template-hash"
_REVISION: Final = "deployment.kubernetes.io/revision"
_DESIRED: Final = "deployment.kubernetes.io/desired-replicas"
_MAXIMUM: Final = "deployment.kubernetes.io/max-replicas"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def reconcile(hands: Hands, deployment: Object) -> float | None:
    """One step of the rollout."""
    if deleted(deployment):
        return None
    sets = [one for one in hands.owned(deployment, "ReplicaSet") if not deleted(one)]
    new = current(deployment, sets)
    old = [one for one in sets if new is None or one is not new]
    created = False
    if new is None and not deployment["spec"].get("paused") and not _waits_for_old(hands, deployment, old):
        new = _created(hands, deployment, old)
        created = new is not None
    if new is not None:
        new = _annotated(hands, deployment, new, old)
        deployment = _numbered(hands, deployment, new)
        _scale(hands, deployment, new, old)
    sets = [one for one in hands.owned(deployment, "ReplicaSet") if not deleted(one)]
    new = current(deployment, sets)
    _clean(hands, deployment, new, sets)
    return progress.report(hands, deployment, new, sets, created=created)


def current(deployment: Object, sets: Sequence[Object]) -> Object | None:
    """The ReplicaSet of the Deployment's template."""
    wanted = templates.unlabelled(deployment["spec"]["template"], HASH)
    return next((one for one in sets if templates.unlabelled(one["spec"]["template"], HASH) == wanted), None)


def _waits_for_old(hands: Hands, deployment: Object, old: Sequence[Object]) -> bool:
    """Whether a Deployment that recreates must shut down first; shuts down."""
    if (deployment["spec"].get("strategy") or {}).get("type") != "Recreate":
        return False
    for one in old:
        _resize(hands, one, 0)
    return any(hands.owned(one, "Pod") for one in old)


def _created(hands: Hands, deployment: Object, old: Sequence[Object]) -> Object | None:
    spec, metadata = deployment["spec"], deployment["metadata"]
    bounds = rollouts.Bounds.of(deployment)
    digest = templates.digest(
        templates.unlabelled(spec["template"], HASH), deployment.get("status", {}).get("collisionCount", 0)
    )
    selector = dict(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: digest}
    empty: Object = {"metadata": {"name": ""}, "spec": {"replicas": 0}}
    size = rollouts.grown(empty, [*old], spec.get("replicas", 1), bounds)
    if (spec.get("strategy") or {}).get("type") == "Recreate":
        size = spec.get("replicas", 1)
    body: Object = {
        "metadata": {
            "name": f"{metadata['name']}-{digest}",
            "namespace": metadata["namespace"],
            "labels": {**((spec["template"].get("metadata") or {}).get("labels") or {}), HASH: digest},
            "annotations": _annotations(deployment, _next_revision(old)),
            "ownerReferences": [reference(deployment)],
        },
        "spec": {
            "replicas": size,
            "selector": selector,
            "template": templates.labelled(spec["template"], pod_template_hash=digest),
        },
    }
    if spec.get("minReadySeconds"):
        body["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    return hands.create(hands.kind("apps/v1", "ReplicaSet"), body)


def _annotations(deployment: Object, revision: int) -> dict[str, str]:
    given = deployment["metadata"].get("annotations") or {}
    kept = {name: value for name, value in given.items() if name not in (_LAST_APPLIED, _REVISION, _DESIRED, _MAXIMUM)}
    replicas = deployment["spec"].get("replicas", 1)
    surge = (
        0
        if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
        else rollouts.Bounds.of(deployment).surge
    )
    return {**kept, _DESIRED: str(replicas), _MAXIMUM: str(replicas + surge), _REVISION: str(revision)}


def _revision(obj: Object) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(_REVISION, "0")
    return int(text) if text.isdigit() else 0


def _next_revision(old: Sequence[Object]) -> int:
    return max((_revision(one) for one in old), default=0) + 1


def _annotated(hands: Hands, deployment: Object, new: Object, old: Sequence[Object]) -> Object:
    """The new ReplicaSet with the Deployment's annotations, and the highest revision though it be an old one."""
    wanted = _annotations(deployment, max(_revision(new), _next_revision(old)))
    if (new["metadata"].get("annotations") or {}) == wanted:
        return new

    def change(live: Object) -> Object:
        return {**live, "metadata": {**live["metadata"], "annotations": wanted}}

    return hands.change(hands.kind("apps/v1", "ReplicaSet"), new, change)


def _numbered(hands: Hands, deployment: Object, new: Object) -> Object:
    """The Deployment with its revision."""
    revision = str(_revision(new))
    if (deployment["metadata"].get("annotations") or {}).get(_REVISION) == revision:
        return deployment

    def change(live: Object) -> Object:
        annotations = {**(live["metadata"].get("annotations") or {}), _REVISION: revision}
        return {**live, "metadata": {**live["metadata"], "annotations": annotations}}

    return hands.change(hands.kind("apps/v1", "Deployment"), deployment, change, subresource="status")


def _scale(hands: Hands, deployment: Object, new: Object, old: Sequence[Object]) -> None:
    """One step: the new one grows by what may be added, the old ones shrink by what can be spared."""
    replicas = deployment["spec"].get("replicas", 1)
    if deployment["spec"].get("paused") and old:
        return
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        _resize(hands, new, replicas)
        return
    bounds = rollouts.Bounds.of(deployment)
    size = rollouts.grown(new, [new, *old], replicas, bounds)
    if size != new["spec"].get("replicas"):
        _resize(hands, new, size)
        return
    for name, smaller in rollouts.shrunk(new, old, replicas, bounds).items():
        _resize(hands, next(one for one in old if one["metadata"]["name"] == name), smaller)


def _resize(hands: Hands, replica_set: Object, replicas: int) -> None:
    if replica_set["spec"].get("replicas") != replicas:
        kind = hands.kind("apps/v1", "ReplicaSet")
        hands.change(kind, replica_set, lambda live: {**live, "spec": {**live["spec"], "replicas": replicas}})


def _clean(hands: Hands, deployment: Object, new: Object | None, sets: Sequence[Object]) -> None:
    """Forget the oldest ReplicaSets beyond the history to keep."""
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    idle = [
        one
        for one in sets
        if one is not new and not one["spec"].get("replicas") and not (one.get("status") or {}).get("replicas")
    ]
    for one in sorted(idle, key=_revision)[: max(0, len(idle) - limit)]:
        hands.delete(hands.kind("apps/v1", "ReplicaSet"), one)
