"""How a cluster looks, leaving out what differs from one run to the next though nothing else was done."""

from __future__ import annotations

import re
from typing import Any, Final

from tests.kustomize_controller.conftest import KUSTOMIZATIONS, SOURCES, Object, Space

from sluice import kube

Picture = dict[str, Any]

_DURATION: Final = re.compile(r"\b[\d.]+(µs|ms|s|m|h)[\d.msh]*")
_DONE: Final = re.compile(r"^\S+ (created|configured|deleted)\n?", re.MULTILINE)
_KINDS: Final = (
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("v1", "ServiceAccount"),
    ("v1", "ConfigMap"),
    (SOURCES, "GitRepository"),
)


async def taken(space: Space, *more: tuple[str, str]) -> Picture:
    """What is labelled as the Kustomization's, of these kinds and of `more`, and the Kustomization itself."""
    labels = f"kustomize.toolkit.fluxcd.io/name=app,kustomize.toolkit.fluxcd.io/namespace={space.namespace}"
    picture: Picture = {}
    for api_version, kind in (*_KINDS, *more):
        try:
            resource = await space.client.resource_for(api_version, kind)
            found = (await space.client.list(resource, labels=labels)).items
        except (kube.NoKindMatch, kube.NotFound):
            continue
        picture |= {f"{kind}/{item['metadata']['name']}": _object(item) for item in found}
    app = await space.get("Kustomization", "app", KUSTOMIZATIONS)
    if app is not None:
        picture["Kustomization/app"] = {**_object(app), "status": _status(app["status"])}
    return picture


def _object(obj: Object) -> Picture:
    meta = obj["metadata"]
    kept = {key: meta.get(key) for key in ("labels", "annotations", "finalizers")}
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    writers = {
        f"{entry['manager']} {entry['operation']} {entry.get('subresource', '')}": entry["fieldsV1"]
        for entry in meta["managedFields"]
        # Whoever judges and serves them writes as it likes.
        if entry.get("subresource") != "status"
    }
    return {**kept, **rest, "leaving": "deletionTimestamp" in meta, "writers": writers}


def _status(status: Object) -> Picture:
    """A status without times, and without what was done on the way and how often."""
    conditions = [
        {**one, "lastTransitionTime": "", "message": _DONE.sub("", _DURATION.sub("…", one["message"]))}
        for one in status.get("conditions", ())
    ]
    history = [
        {key: one[key] for key in ("digest", "lastReconciledStatus", "metadata")} for one in status.get("history", ())
    ][:1]
    return {**status, "conditions": conditions, "history": history}
