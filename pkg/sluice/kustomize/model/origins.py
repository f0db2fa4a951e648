"""`buildMetadata`: where a resource came from and what changed it, as annotations."""

import posixpath
from collections.abc import Iterable
from typing import Any

from sluice.kustomize.model.resources import Object, Resource, ResourceMap

ORIGINS, TRANSFORMATIONS, MANAGED_BY = "originAnnotations", "transformerAnnotations", "managedByLabel"
_ORIGIN_KEY = "config.kubernetes.io/origin"
_TRANSFORMATIONS_KEY = "alpha.config.kubernetes.io/transformations"
_PREFIX = "internal.config.kubernetes.io/"
_BOOKKEEPING = frozenset(
    _PREFIX + name
    for name in (
        "previousKinds",
        "previousNames",
        "prefixes",
        "suffixes",
        "previousNamespaces",
        "allowNameChange",
        "allowKindChange",
        "refBy",
        "generatorBehavior",
        "needsHashSuffix",
        "path",
        "index",
        "seqindent",
        "id",
        "annotations-migration-resource-id",
        "helm-generated",
    )
) | {"config.kubernetes.io/path", "config.kubernetes.io/index", "config.k8s.io/id"}


def of_file(directory: str, path: str) -> Object:
    """Return the origin of what stands in a file; both are as seen from the top of the build."""
    return {"path": _joined(directory, path)}


def of_builtin(directory: str, file: str, kind: str) -> Object:
    """Return the origin of what a built-in generator made or transformer changed."""
    return {"configuredIn": _joined(directory, file), "configuredBy": {"apiVersion": "builtin", "kind": kind}}


def note(resources: ResourceMap, origin: Object) -> None:
    """Remember that a transformer ran over all the resources."""
    for resource in resources:
        if resource.origin is None:
            resource.origin = origin
        else:
            resource.transformations.append(origin)


def write(resource: Resource, wanted: Iterable[str]) -> None:
    """Leave the annotations that the build was asked for, and none of those that only the build itself may set."""
    annotations = {key: text for key, text in resource.strings("annotations").items() if key not in _BOOKKEEPING}
    annotations.pop(_ORIGIN_KEY, None)
    annotations.pop(_TRANSFORMATIONS_KEY, None)
    if ORIGINS in wanted and resource.origin is not None:
        annotations[_ORIGIN_KEY] = _text(resource.origin, "")
    if TRANSFORMATIONS in wanted and resource.transformations:
        annotations[_TRANSFORMATIONS_KEY] = "".join(
            "- " + _text(origin, "  ").removeprefix("  ") for origin in resource.transformations
        )
    resource.set_strings("annotations", annotations)


def _joined(directory: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(directory, path))


def _text(origin: Any, margin: str) -> str:
    """Return an origin as YAML, its fields in kustomize's order rather than sorted."""
    out = ""
    for key, value in origin.items():
        if isinstance(value, dict):
            out += f"{margin}{key}:\n" + _text(value, margin + "  ")
        else:
            out += f"{margin}{key}: {value}\n"
    return out
