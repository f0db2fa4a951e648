"""Annotations in which kustomize keeps what it remembers of a resource.

Here a `Resource` has fields for that, and no object ever gets these annotations. But kustomize minds them in its input
too, and takes them out of its output.
"""

from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.model.resources import Resource

_PREFIX = "internal.config.kubernetes.io/"
_NAMES, _NAMESPACES, _KINDS = (_PREFIX + name for name in ("previousNames", "previousNamespaces", "previousKinds"))
_PREFIXES, _SUFFIXES = _PREFIX + "prefixes", _PREFIX + "suffixes"
_NEEDS_HASH = _PREFIX + "needsHashSuffix"
HELM_GENERATED = _PREFIX + "helm-generated"
"""Marks what a Helm chart rendered: its namespace is the chart's own business."""
KEYS = frozenset(
    _PREFIX + name
    for name in (
        "allowKindChange",
        "allowNameChange",
        "annotations-migration-resource-id",
        "generatorBehavior",
        "id",
        "index",
        "path",
        "refBy",
        "seqindent",
    )
) | {
    _NAMES,
    _NAMESPACES,
    _KINDS,
    _PREFIXES,
    _SUFFIXES,
    _NEEDS_HASH,
    HELM_GENERATED,
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
}


def adopt(resource: Resource) -> None:
    """Remember what the annotations of an input say of its past; InvalidResource when they contradict each other."""
    annotations = (resource.obj.get("metadata") or {}).get("annotations")
    if not isinstance(annotations, dict) or KEYS.isdisjoint(annotations):
        return
    names, namespaces, kinds, prefixes, suffixes = (
        _listed(annotations.get(key)) for key in (_NAMES, _NAMESPACES, _KINDS, _PREFIXES, _SUFFIXES)
    )
    if not len(names) == len(namespaces) == len(kinds):
        raise InvalidResource(
            f"{resource.id.title} has not as many former names as namespaces and kinds", field="metadata.annotations"
        ).saying("number of previous names, number of previous namespaces, number of previous kinds not equal")
    resource.previous = list(zip(namespaces, names, kinds, strict=True))
    resource.prefixes, resource.suffixes = prefixes, suffixes


def needs_hash(resource: Resource) -> bool:
    """Tell whether the name is to end with a hash: because a generator says so, or an annotation."""
    if resource.needs_hash:
        return True
    annotations = (resource.obj.get("metadata") or {}).get("annotations")
    return isinstance(annotations, dict) and annotations.get(_NEEDS_HASH) == "enabled"


def _listed(text: object) -> list[str]:
    return text.split(",") if isinstance(text, str) else []
