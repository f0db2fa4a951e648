"""What the controllers wrote into a namespace, in the shape of a scenario's `seen`."""

from typing import Any

from sluice import kube

Object = dict[str, Any]

SOURCES = "source.toolkit.fluxcd.io/v1"
KUSTOMIZATIONS = "kustomize.toolkit.fluxcd.io/v1"
HELM_RELEASES = "helm.toolkit.fluxcd.io/v2"
OWNERS = (
    *((SOURCES, kind) for kind in ("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket")),
    (KUSTOMIZATIONS, "Kustomization"),
    (HELM_RELEASES, "HelmRelease"),
)
APPLIED = (
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("apps/v1", "Deployment"),
)
REVISION_OF_A_DEPLOYMENT = "deployment.kubernetes.io/revision"
"""Written by the cluster's own controllers, which the recordings were made without."""
_RECORD = "helm.sh/release.v1"
"""Secrets of Helm's: what is in them was not recorded."""
WRITERS = {"kubectl", "Python", "kustomize-controller", "helm-controller"}
"""Who writes in a scenario: its steps, and the controllers. What only others wrote is what a cluster adds by itself."""


async def observe(client: kube.Client, namespace: str) -> Object:
    """Objects with status, applied objects and events of the namespace, as they are now."""
    return {
        "objects": await _objects(client, namespace),
        "applied": await _applied(client, namespace),
        "events": await _events(client, namespace),
    }


async def _objects(client: kube.Client, namespace: str) -> Object:
    found: Object = {}
    for api_version, kind in OWNERS:
        for item in await _list(client, api_version, kind, namespace):
            found[f"{kind}/{item['metadata']['name']}"] = {
                "finalizers": item["metadata"].get("finalizers"),
                "status": item.get("status", {}),
            }
    return found


async def _applied(client: kube.Client, namespace: str) -> Object:
    found: Object = {}
    for api_version, kind in APPLIED:
        for item in await _list(client, api_version, kind, namespace):
            if WRITERS & {entry["manager"] for entry in item["metadata"].get("managedFields", ())}:
                found[f"{kind}/{item['metadata']['name']}"] = _applied_object(item)
    return found


def _applied_object(item: Object) -> Object:
    metadata = item["metadata"]
    annotations = dict(metadata.get("annotations") or {})
    annotations.pop(REVISION_OF_A_DEPLOYMENT, None)
    managers = {
        f"{entry['manager']} {entry['operation']}"
        for entry in metadata.get("managedFields", ())
        if not entry.get("subresource")
    }
    parts = {
        "labels": metadata.get("labels"),
        "annotations": annotations,
        "managers": sorted(managers),
        "type": item.get("type"),
        "data": None if item.get("type") == _RECORD else item.get("data"),
    }
    return {name: value for name, value in parts.items() if value}


async def _events(client: kube.Client, namespace: str) -> list[Object]:
    events = await _list(client, "v1", "Event", namespace)
    events.sort(key=_first_seen)
    return [
        {
            "about": f"{event['involvedObject']['kind']}/{event['involvedObject']['name']}",
            "from": event.get("source", {}).get("component"),
            "type": event["type"],
            "reason": event["reason"],
            "message": event["message"],
            "annotations": event["metadata"].get("annotations"),
        }
        for event in events
        if event["involvedObject"]["kind"] in {kind for _, kind in OWNERS}
    ]


def _first_seen(event: Object) -> tuple[str, int]:
    """Orders events by when they were first told: recorders put the time into the name, to the nanosecond."""
    return event.get("firstTimestamp") or "", int(event["metadata"]["name"].rpartition(".")[2], 16)


async def _list(client: kube.Client, api_version: str, kind: str, namespace: str) -> list[Object]:
    resource = await client.resource_for(api_version, kind)
    return list((await client.list(resource, namespace)).items)
