"""The part of a Kustomization's spec that kustomize itself carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sluice import kustomize
from sluice.appliers import translating

if TYPE_CHECKING:
    # The API types stay with the parent: a worker is given an Overlay.
    from sluice_api.kustomize import v1 as kustomizev1


def overlay_of(spec: kustomizev1.KustomizationSpec) -> kustomize.Overlay:
    """Translate the spec."""
    return kustomize.Overlay(
        target_namespace=spec.target_namespace or "",
        name_prefix=spec.name_prefix or "",
        name_suffix=spec.name_suffix or "",
        patches=tuple(translating.patch_of(patch) for patch in spec.patches or ()),
        images=tuple(translating.image_of(image) for image in spec.images or ()),
        components=tuple(spec.components or ()),
        ignore_missing_components=bool(spec.ignore_missing_components),
        build_metadata=tuple(spec.build_metadata or ()),
    )
