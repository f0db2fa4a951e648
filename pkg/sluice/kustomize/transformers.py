"""The transformers that the fields of a kustomization stand for."""

from collections.abc import Callable, Iterator
from functools import partial

from sluice.kustomize.definition.kustomizations import Kustomization
from sluice.kustomize.errors import BuildError
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.model.fieldspecs import Config
from sluice.kustomize.model.resources import ResourceMap
from sluice.kustomize.patching import patches
from sluice.kustomize.transforming import images, labelling, namespaces, naming, replicas

Transform = Callable[[ResourceMap], None]
Wanted = tuple[str, str, Transform]
"""Kustomize's name of a transformer, the field that asks for it, and what it does."""


def of(wanted: Kustomization, config: Config, read: Read, read_patch: Read) -> Iterator[Wanted]:
    """Yield what the kustomization changes, in kustomize's fixed order."""
    yield from _patching(wanted, read, read_patch)
    yield from _naming(wanted, config)
    yield from _labelling(wanted, config)
    for at, patch in enumerate(wanted.patches_json6902):
        change = partial(patches.apply_json6902, patch=patch, read=read)
        yield "PatchJson6902Transformer", f"patchesJson6902[{at}]", change
    for at, replica in enumerate(wanted.replicas):
        change = partial(replicas.apply, replica=replica, specs=config.replicas)
        yield "ReplicaCountTransformer", f"replicas[{at}]", change
    for field, entries in (("images", wanted.images), ("imageTags", wanted.image_tags)):
        for at, image in enumerate(entries):
            yield "ImageTagTransformer", f"{field}[{at}]", partial(images.apply, images=(image,), specs=config.images)
    if wanted.replacements:
        # Most builds have none, and need not wait for the import.
        from sluice.kustomize.transforming import replacements

        change = partial(replacements.apply, entries=wanted.replacements, read=read)
        yield "ReplacementTransformer", "replacements", change


def _patching(wanted: Kustomization, read: Read, read_patch: Read) -> Iterator[Wanted]:
    if wanted.patches_strategic_merge:
        change = partial(patches.apply_strategic, entries=wanted.patches_strategic_merge, read=read)
        yield "PatchStrategicMergeTransformer", "patchesStrategicMerge", change
    for at, patch in enumerate(wanted.patches):
        yield "PatchTransformer", f"patches[{at}]", partial(patches.apply, patch=patch, read=read_patch)


def _naming(wanted: Kustomization, config: Config) -> Iterator[Wanted]:
    if wanted.namespace:
        change = partial(namespaces.apply, namespace=wanted.namespace, specs=config.namespace)
        yield "NamespaceTransformer", "namespace", change
    if wanted.name_prefix:
        change = partial(naming.add_prefix, prefix=wanted.name_prefix, specs=config.name_prefix)
        yield "PrefixTransformer", "namePrefix", change
    if wanted.name_suffix:
        change = partial(naming.add_suffix, suffix=wanted.name_suffix, specs=config.name_suffix)
        yield "SuffixTransformer", "nameSuffix", change


def _labelling(wanted: Kustomization, config: Config) -> Iterator[Wanted]:
    for at, labels in enumerate(wanted.labels):
        try:
            specs = labelling.specs_of(labels, config)
        except BuildError as error:
            raise error.located(field=f"labels[{at}].fields") from error
        yield "LabelTransformer", f"labels[{at}]", partial(labelling.apply, pairs=labels.pairs, specs=specs)
    if wanted.labels or wanted.common_labels:
        change = partial(labelling.apply, pairs=wanted.common_labels, specs=config.common_labels)
        yield "LabelTransformer", "commonLabels", change
    if wanted.common_annotations:
        change = partial(labelling.apply, pairs=wanted.common_annotations, specs=config.common_annotations)
        yield "AnnotationsTransformer", "commonAnnotations", change
