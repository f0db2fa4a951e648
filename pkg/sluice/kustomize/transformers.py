"""The transformers that the fields of a kustomization stand for."""

from collections.abc import Callable, Iterator
from functools import partial

from sluice.kustomize.definition.kustomizations import Kustomization
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.model.fieldspecs import Config
from sluice.kustomize.model.resources import ResourceMap
from sluice.kustomize.patching import patches
from sluice.kustomize.transforming import images, labelling, namespaces, naming, replicas


def of(
    wanted: Kustomization, resources: ResourceMap, config: Config, read: Read
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield what the kustomization changes, in kustomize's fixed order, by kustomize's names for it."""
    if wanted.patches_strategic_merge:
        entries = wanted.patches_strategic_merge
        yield "PatchStrategicMergeTransformer", partial(patches.apply_strategic, resources, entries, read)
    for patch in wanted.patches:
        yield "PatchTransformer", partial(patches.apply, resources, patch, read)
    if wanted.namespace:
        yield "NamespaceTransformer", partial(namespaces.apply, resources, wanted.namespace, config.namespace)
    if wanted.name_prefix:
        yield "PrefixTransformer", partial(naming.add_prefix, resources, wanted.name_prefix, config.name_prefix)
    if wanted.name_suffix:
        yield "SuffixTransformer", partial(naming.add_suffix, resources, wanted.name_suffix, config.name_suffix)
    yield from _labelling(wanted, resources, config)
    for patch in wanted.patches_json6902:
        yield "PatchJson6902Transformer", partial(patches.apply_json6902, resources, patch, read)
    for replica in wanted.replicas:
        yield "ReplicaCountTransformer", partial(replicas.apply, resources, replica, config.replicas)
    for image in (*wanted.images, *wanted.image_tags):
        yield "ImageTagTransformer", partial(images.apply, resources, (image,), config.images)


def _labelling(
    wanted: Kustomization, resources: ResourceMap, config: Config
) -> Iterator[tuple[str, Callable[[], None]]]:
    for labels in wanted.labels:
        specs = labelling.specs_of(labels, config)
        yield "LabelTransformer", partial(labelling.apply, resources, labels.pairs, specs)
    if wanted.labels or wanted.common_labels:
        yield "LabelTransformer", partial(labelling.apply, resources, wanted.common_labels, config.common_labels)
    if wanted.common_annotations:
        annotations = wanted.common_annotations
        yield "AnnotationsTransformer", partial(labelling.apply, resources, annotations, config.common_annotations)
