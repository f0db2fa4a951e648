"""Changing names: prefixes, suffixes and the hashes of generated resources."""

from collections.abc import Callable
from typing import Any

from sluice.kustomize.model import bookkeeping, fieldspecs, ids
from sluice.kustomize.model.fieldspecs import Make, Specs
from sluice.kustomize.model.ids import Gvk
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.transforming import hashing

_KEEP_THEIR_NAMES = (
    Gvk(kind="CustomResourceDefinition"),
    Gvk(group="apiregistration.k8s.io", kind="APIService"),
    Gvk(kind="Namespace"),
)


def add_prefix(resources: ResourceMap, prefix: str, specs: Specs) -> None:
    """Put `prefix` before the names."""
    _rename(resources, specs, prefix, lambda resource: resource.prefixes, lambda name: prefix + ids.text(name))


def add_suffix(resources: ResourceMap, suffix: str, specs: Specs) -> None:
    """Put `suffix` after the names."""
    _rename(resources, specs, suffix, lambda resource: resource.suffixes, lambda name: ids.text(name) + suffix)


def add_hashes(resources: ResourceMap) -> None:
    """Name generated resources after their content, where they ask for it."""
    for resource in resources:
        if bookkeeping.needs_hash(resource):
            resource.remember()
            resource.metadata()["name"] = f"{resource.name}-{hashing.suffix(resource.obj)}"
    resources.changed()


def _rename(
    resources: ResourceMap,
    specs: Specs,
    affix: str,
    added: Callable[[Resource], list[str]],
    change: Callable[[Any], str],
) -> None:
    for resource in resources:
        first = resource.original_id.gvk
        if any(first.selected_by(kept) for kept in _KEEP_THEIR_NAMES):
            continue
        for spec in specs:
            if not first.selected_by(spec.gvk):
                continue
            if affix and spec.path == "metadata/name":
                added(resource).append(affix)
                resource.remember()
            fieldspecs.apply(resource, spec, change, make=Make.TEXT)
    resources.changed()
