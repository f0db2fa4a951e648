"""The objects that are measured: apps of four objects each, and the Kustomizations that apply them."""

from typing import Any

Object = dict[str, Any]

KINDS = (("v1", "ServiceAccount"), ("v1", "Service"), ("apps/v1", "Deployment"), ("networking.k8s.io/v1", "Ingress"))


def manifests(name: str, *, tag: str = "1", replicas: int = 0) -> list[Object]:
    """The four objects of one app; `tag` changes all of them. Without nodes a replica never comes up."""
    labels = {"app": name}
    meta = {"name": name, "labels": {"tag": tag}}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": labels, "ports": [{"port": 80}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": _pod(name, labels, tag)},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": meta,
            "spec": {"rules": [{"host": f"{name}.example.com", "http": {"paths": [_path(name)]}}]},
        },
    ]


def _pod(name: str, labels: Object, tag: str) -> Object:
    containers = [{"name": "app", "image": f"example.com/app:{tag}"}]
    return {"metadata": {"labels": labels}, "spec": {"serviceAccountName": name, "containers": containers}}


def _path(name: str) -> Object:
    return {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}


def folder(path: str, *, tag: str = "1", replicas: int = 0) -> dict[str, Object]:
    """A folder of a repository with an app named by a variable, for any number of Kustomizations to build."""
    objects = manifests("${name}", tag=tag, replicas=replicas)
    return {f"{path}/{obj['kind'].lower()}.yaml": obj for obj in objects}


def is_ready(obj: Object) -> bool:
    """Whether a Kustomization is Ready."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return any((one["type"], one["status"]) == ("Ready", "True") for one in found)


def is_applied(obj: Object, revision: str) -> bool:
    """Whether a Kustomization says that the revision is applied, and all is well with it."""
    return bool((obj.get("status") or {}).get("lastAppliedRevision") == revision) and is_ready(obj)


def is_seen(obj: Object) -> bool:
    """Whether a Kustomization is Ready as it is now written."""
    return bool((obj.get("status") or {}).get("observedGeneration") == obj["metadata"]["generation"]) and is_ready(obj)


def is_checked(obj: Object) -> bool:
    """Whether a Kustomization says that it waits for health."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Reconciling" and one["message"].startswith("Running health") for one in found)
