"""The part of a Kustomization's spec that kustomize itself carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sluice import kustomize

if TYPE_CHECKING:
    # The API types stay with the parent: a worker is given an Overlay.
    from sluice_api.kustomize import v1 as kustomizev1


def overlay_of(spec: kustomizev1.KustomizationSpec) -> kustomize.Overlay:
    """Translate the spec."""
    return kustomize.Overlay(
        target_namespace=spec.target_namespace or "",
        name_prefix=spec.name_prefix or "",
        name_suffix=spec.name_suffix or "",
        patches=tuple(_patch(patch) for patch in spec.patches or ()),
        images=tuple(_image(image) for image in spec.images or ()),
        components=tuple(spec.components or ()),
        ignore_missing_components=bool(spec.ignore_missing_components),
        build_metadata=tuple(spec.build_metadata or ()),
    )


def _patch(patch: kustomizev1.Patch) -> kustomize.Patch:
    target = patch.target
    return kustomize.Patch(patch=patch.patch, target=None if target is None else selector_of(target))


def selector_of(target: kustomizev1.Selector) -> kustomize.Selector:
    """Translate a selector."""
    return kustomize.Selector(
        group=target.group or "",
        version=target.version or "",
        kind=target.kind or "",
        name=target.name or "",
        namespace=target.namespace or "",
        label_selector=target.label_selector or "",
        annotation_selector=target.annotation_selector or "",
    )


def _image(image: kustomizev1.Image) -> kustomize.Image:
    return kustomize.Image(
        name=image.name, new_name=image.new_name or "", new_tag=image.new_tag or "", digest=image.digest or ""
    )
