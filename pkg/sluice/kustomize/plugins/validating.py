"""Validators: transformers that may fail, but not change anything except for a label that says that they ran."""

import copy

from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.model.resources import Object, ResourceMap
from sluice.kustomize.transformers import Transform

_MARK = "validated-by"


def apply(resources: ResourceMap, validate: Transform) -> None:
    """Run the validator; InvalidResource when it has changed or removed anything."""
    before = [(resource, resource.id, copy.deepcopy(resource.obj)) for resource in resources]
    validate(resources)
    for resource, name, obj in before:
        if _unmarked(resource.obj) != _unmarked(obj):
            raise InvalidResource(f"the validator changed {name.title}").saying(
                f"validator shouldn't modify the resource map: {name}"
            )


def _unmarked(obj: Object) -> Object:
    """Return the object without the mark that a validator may leave."""
    metadata = obj.get("metadata") or {}
    labels = metadata.get("labels")
    if not isinstance(labels, dict) or _MARK not in labels:
        return obj
    others = {key: value for key, value in labels.items() if key != _MARK}
    rest = {key: value for key, value in metadata.items() if key != "labels"}
    return {**obj, "metadata": {**rest, "labels": others} if others else rest}
