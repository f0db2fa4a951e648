"""The transformers that the fields of a kustomization stand for."""

from collections.abc import Callable, Iterator
from functools import partial

from sluice.kustomize.definition.kustomizations import Kustomization
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.model.fieldspecs import Config
from sluice.kustomize.model.resources import ResourceMap
from sluice.kustomize.patching import patches
from sluice.kustomize.transforming import images, labelling, namespaces, naming, replicas

Step = tuple[str, str, Callable[[], None]]
"""Kustomize's name of a transformer, the field that asks for it, and what it does."""


def of(wanted: Kustomization, resources: ResourceMap, config: Config, read: Read) -> Iterator[Step]:
    """Yield what the kustomization changes, in kustomize's fixed order."""
    if wanted.patches_strategic_merge:
        entries = wanted.patches_strategic_merge
        yield (
            "PatchStrategicMergeTransformer",
            "patchesStrategicMerge",
            partial(patches.apply_strategic, resources, entries, read),
        )
    for at, patch in enumerate(wanted.patches):
        yield "PatchTransformer", f"patches[{at}]", partial(patches.apply, resources, patch, read)
    if wanted.namespace:
        yield (
            "NamespaceTransformer",
            "namespace",
            partial(namespaces.apply, resources, wanted.namespace, config.namespace),
        )
    if wanted.name_prefix:
        yield (
            "PrefixTransformer",
            "namePrefix",
            partial(naming.add_prefix, resources, wanted.name_prefix, config.name_prefix),
        )
    if wanted.name_suffix:
        yield (
            "SuffixTransformer",
            "nameSuffix",
            partial(naming.add_suffix, resources, wanted.name_suffix, config.name_suffix),
        )
    yield from _labelling(wanted, resources, config)
    for at, patch in enumerate(wanted.patches_json6902):
        yield (
            "PatchJson6902Transformer",
            f"patchesJson6902[{at}]",
            partial(patches.apply_json6902, resources, patch, read),
        )
    for at, replica in enumerate(wanted.replicas):
        yield "ReplicaCountTransformer", f"replicas[{at}]", partial(replicas.apply, resources, replica, config.replicas)
    for field, images_of in (("images", wanted.images), ("imageTags", wanted.image_tags)):
        for at, image in enumerate(images_of):
            yield "ImageTagTransformer", f"{field}[{at}]", partial(images.apply, resources, (image,), config.images)


def _labelling(wanted: Kustomization, resources: ResourceMap, config: Config) -> Iterator[Step]:
    for at, labels in enumerate(wanted.labels):
        specs = labelling.specs_of(labels, config)
        yield "LabelTransformer", f"labels[{at}]", partial(labelling.apply, resources, labels.pairs, specs)
    if wanted.labels or wanted.common_labels:
        yield (
            "LabelTransformer",
            "commonLabels",
            partial(labelling.apply, resources, wanted.common_labels, config.common_labels),
        )
    if wanted.common_annotations:
        annotations = wanted.common_annotations
        yield (
            "AnnotationsTransformer",
            "commonAnnotations",
            partial(labelling.apply, resources, annotations, config.common_annotations),
        )
