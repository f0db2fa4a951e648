"""What specs say of patches and images, as kustomize's engine takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sluice import kustomize

if TYPE_CHECKING:
    # The API types stay with the parent: a worker is given the engine's.
    from sluice_api.kustomize import v1 as kustomizev1


def patch_of(patch: kustomizev1.Patch) -> kustomize.Patch:
    """Translate a patch."""
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


def image_of(image: kustomizev1.Image) -> kustomize.Image:
    """Translate a change of images."""
    return kustomize.Image(
        name=image.name, new_name=image.new_name or "", new_tag=image.new_tag or "", digest=image.digest or ""
    )
