"""From `kubectl apply` to `kubectl apply --server-side`: the last-applied annotation counts as kubectl's ownership.

Only for the manager named `kubectl`, which is what kubectl calls itself there.
"""

import json
from typing import Any, Final

from sluice.merge import fieldsets
from sluice.merge.comparing import compare
from sluice.merge.extracting import field_set
from sluice.merge.fieldsets import Node
from sluice.merge.owners import Object, Ownership
from sluice.merge.shapes import Shape

ANNOTATION: Final = "kubectl.kubernetes.io/last-applied-configuration"
_MANAGER: Final = "kubectl"
_ANNOTATIONS_LIMIT: Final = 256 * 1024


def contested(lost: Ownership, live: Object, shape: Shape, version: str, manager: str) -> Ownership:
    """The conflicts that remain once those over fields that kubectl applied itself, and nobody changed, are gone."""
    allowed = _applied_before(live, shape, version) if manager == _MANAGER else {}
    left = {owner: share.having(fieldsets.difference(share.node, allowed)) for owner, share in lost.items()}
    return {owner: share for owner, share in left.items() if share.node}


def allows(lost: Ownership, live: Object, shape: Shape, version: str, manager: str) -> bool:
    """Whether no conflict remains."""
    return not contested(lost, live, shape, version, manager)


def refreshed(after: Object, applied: Object, manager: str) -> Object:
    """The applied object with its last-applied annotation, if it has one, brought up to date."""
    annotations = _annotations(after)
    if manager != _MANAGER or not annotations.get(ANNOTATION):
        return after
    others = {name: value for name, value in _annotations(applied).items() if name != ANNOTATION}
    metadata = {name: value for name, value in applied.get("metadata", {}).items() if name != "annotations"}
    if others:
        metadata["annotations"] = others
    written = json.dumps({**applied, "metadata": metadata}, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    changed = {**annotations, ANNOTATION: written + "\n"}
    if sum(len(name.encode()) + len(value.encode()) for name, value in changed.items()) > _ANNOTATIONS_LIMIT:
        del changed[ANNOTATION]
    return {**after, "metadata": {**after["metadata"], "annotations": changed}}


def _applied_before(live: Object, shape: Shape, version: str) -> Node:
    """The fields of the annotation that are in the live object as they were applied."""
    try:
        last = json.loads(_annotations(live).get(ANNOTATION) or "null")
    except ValueError:
        return {}
    if not isinstance(last, dict) or last.get("apiVersion") != version:
        return {}
    found = compare(last, live, shape)
    node = field_set(last, shape)
    for changed in (found.modified, found.added, found.removed):
        node = fieldsets.difference(node, changed)
    return node


def _annotations(obj: Object) -> dict[str, Any]:
    return (obj.get("metadata") or {}).get("annotations") or {}
