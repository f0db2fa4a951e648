"""The post-renderers of a HelmRelease, which run in a worker: kustomize's patches and images, then what marks objects.

Neither engine knows the other: Helm's takes templates apart and puts them together again, kustomize's changes objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sluice import kustomize
from sluice.appliers import translating
from sluice.helm.releases.postrendering import FILENAME, Document
from sluice.kustomize import streams

if TYPE_CHECKING:
    # The API types stay with the parent: a worker is given the post-renderers.
    from sluice_api.helm import v2 as helmv2

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Kustomize:
    """One entry of `spec.postRenderers`."""

    patches: tuple[kustomize.Patch, ...] = field(default=(), repr=False)
    images: tuple[kustomize.Image, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PostRenderers:
    """All post-renderers of one HelmRelease, for `rendering.render`. Picklable.

    Raises KustomizeError, for two objects that are the same, too: in Flux everything goes through kustomize.
    """

    renderers: tuple[Kustomize, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """`spec.commonMetadata`."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str]
    """Labels that say which HelmRelease an object comes from: they win over the others."""

    def __call__(self, documents: Sequence[Document]) -> list[Object]:
        """The objects in the documents, changed; each with the source of its document as `FILENAME`."""
        objects = list(_read(documents, texts=bool(self.renderers)))
        for each in self.renderers:
            objects = streams.build(objects, patches=each.patches, images=each.images)
        return streams.mark(objects, labels={**self.labels, **self.origin}, annotations=self.annotations)


def of(spec: helmv2.HelmReleaseSpec, *, namespace: str, name: str) -> PostRenderers:
    """What the HelmRelease of this name asks for."""
    common = spec.common_metadata
    return PostRenderers(
        renderers=tuple(_kustomize(each.kustomize) for each in spec.post_renderers or () if each.kustomize),
        labels=(common and common.labels) or {},
        annotations=(common and common.annotations) or {},
        origin=origin_labels(namespace, name),
    )


def origin_labels(namespace: str, name: str) -> dict[str, str]:
    """The labels of what comes from a HelmRelease."""
    return {"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": namespace}


def _kustomize(wanted: helmv2.KustomizeRenderer) -> Kustomize:
    return Kustomize(
        patches=tuple(translating.patch_of(patch) for patch in wanted.patches or ()),
        images=tuple(translating.image_of(image) for image in wanted.images or ()),
    )


def _read(documents: Sequence[Document], *, texts: bool) -> Iterator[Object]:
    for document in documents:
        for obj in streams.read(document.text, source=document.source, texts=texts):
            metadata = obj.setdefault("metadata", {})
            metadata["annotations"] = {**(metadata.get("annotations") or {}), FILENAME: document.source}
            yield obj
