"""What single built-in kinds get from the server beyond the rules all kinds share.

Each function takes the object as prepared and returns it filled in; what needs other objects (a Service's
address) is `addresses`' business.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sluice import merge
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import services

Fill = Callable[[Object], Object]


def on_create(kind: KindInfo, obj: Object) -> Object:
    """Fill in what the kind's registry fills in when an object is created."""
    fill = _ON_CREATE.get(kind.resource)
    return fill(obj) if fill else obj


def added(before: Object, after: Object) -> merge.FieldSet:
    """The fields of the spec that were filled in: nobody asked for them, so nobody owns them."""
    spec, filled = before.get("spec"), after.get("spec")
    return merge.FieldSet.of(*(("f:spec", *path) for path in _added(spec or {}, filled or {})))


def _added(before: Any, after: Any) -> Iterator[tuple[str, ...]]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for key, value in after.items():
        if key not in before:
            yield (f"f:{key}",)
        else:
            yield from ((f"f:{key}", *path) for path in _added(before[key], value))


def on_update(kind: KindInfo, obj: Object, live: Object) -> Object:
    """Fill in what the kind's registry keeps or derives when an object is updated."""
    if kind.resource == "secrets":
        return _secret(obj)
    if kind.resource == "services":
        return services.without_leftovers(obj, live)
    if kind.resource == "namespaces":
        # Finalizers of a namespace change through its finalize subresource alone.
        kept = {**obj, "spec": live.get("spec", {})}
        return _with_name_label(kept)
    return obj


def _namespace(obj: Object) -> Object:
    spec = dict(obj.get("spec") or {})
    spec["finalizers"] = list(dict.fromkeys([*(spec.get("finalizers") or []), "kubernetes"]))
    return {**_with_name_label(obj), "spec": spec, "status": {"phase": "Active"}}


def _with_name_label(obj: Object) -> Object:
    labels = {**(obj["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": obj["metadata"]["name"]}
    return {**obj, "metadata": {**obj["metadata"], "labels": labels}}


def _secret(obj: Object) -> Object:
    texts = obj.get("stringData")
    filled = {key: value for key, value in obj.items() if key != "stringData"}
    if texts:
        data = {
            **(obj.get("data") or {}),
            **{key: base64.b64encode((text or "").encode()).decode() for key, text in texts.items()},
        }
        filled["data"] = data
    return filled


def _pod(obj: Object) -> Object:
    spec = dict(obj.get("spec") or {})
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec = {**spec, "serviceAccountName": account, "serviceAccount": account}
    spec["tolerations"] = _tolerations(spec.get("tolerations") or [])
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    status = {"phase": "Pending", "qosClass": _quality(spec)}
    return {**obj, "spec": spec, "status": status}


def _tolerations(given: list[Any]) -> list[Any]:
    """As the DefaultTolerationSeconds admission adds them, unless a toleration covers the taint already."""
    filled, given = list(given), [one for one in given if one]
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(one.get("key") in (key, None, "") and one.get("effect") in ("NoExecute", None, "") for one in given):
            filled.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    return filled


def _quality(spec: Mapping[str, Any]) -> str:
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    resources = [(one or {}).get("resources") or {} for one in containers]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    for one in resources:
        limits = one.get("limits") or {}
        requests = one.get("requests") or limits
        if any(name not in limits or requests.get(name, limits[name]) != limits[name] for name in ("cpu", "memory")):
            return "Burstable"
    return "Guaranteed"


def _job(obj: Object) -> Object:
    """A selector by the job's own uid, unless the client brings one."""
    spec = dict(obj.get("spec") or {})
    if spec.get("manualSelector") or spec.get("selector"):
        return obj
    uid, name = obj["metadata"]["uid"], obj["metadata"]["name"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = dict(spec.get("template") or {})
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    spec["template"] = {**template, "metadata": metadata}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    return {**obj, "spec": spec}


def _claim(obj: Object) -> Object:
    return {**obj, "status": {"phase": "Pending"}}


def _volume(obj: Object) -> Object:
    return {**obj, "status": {"phase": "Pending"}}


def _service(obj: Object) -> Object:
    return {**obj, "status": {"loadBalancer": {}}}


def _empty_status(obj: Object) -> Object:
    return {**obj, "status": {}}


_ON_CREATE: Mapping[str, Fill] = {
    "namespaces": _namespace,
    "secrets": _secret,
    "pods": _pod,
    "jobs.batch": _job,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "services": _service,
    "deployments.apps": _empty_status,
    "cronjobs.batch": _empty_status,
}
