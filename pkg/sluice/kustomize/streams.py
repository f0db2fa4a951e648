"""Manifests that come from elsewhere than files, and what kustomize changes of them: for post-renderers."""

from collections.abc import Iterable, Mapping, Sequence

from sluice.kustomize import building, transformers
from sluice.kustomize.definition.kustomizations import Image, Kustomization, Patch
from sluice.kustomize.errors import BuildError, MissingFile
from sluice.kustomize.layers import Layer
from sluice.kustomize.loading import reading
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import FieldSpec
from sluice.kustomize.model.ids import Gvk
from sluice.kustomize.model.resources import Object, Resource, ResourceMap
from sluice.kustomize.transforming import labelling

_ANNOTATIONS = FieldSpec(Gvk(), "metadata/annotations", create=True)


def read(text: str, *, source: str = "", texts: bool = True) -> list[Object]:
    """Return the objects in a text, as kustomize reads it: lists taken apart. Raises InvalidResource.

    A build makes `texts` of annotations that are numbers; what only marks objects leaves them as they are.
    """
    return reading.objects(text, file=source, verbatim=reading.VERBATIM if texts else None)


def build(objects: Iterable[Object], *, patches: Sequence[Patch] = (), images: Sequence[Image] = ()) -> list[Object]:
    """Return what a kustomization with these objects, patches and images stands for; the objects are changed.

    Patches are texts: there are no files. Raises KustomizeError, also for two objects that are the same.
    """
    wanted = Kustomization(patches=tuple(patches), images=tuple(images))
    layer = Layer(_resources(objects), config=fieldspecs.builtin())
    for _, field, change in transformers.of(wanted, layer.config, _no_file, _no_file):
        try:
            change(layer.resources)
        except BuildError as error:
            raise error.located(field=field) from error
        layer.resources.drop_empty()
    return [resource.obj for resource in building.settled(layer)]


def mark(objects: Iterable[Object], *, labels: Mapping[str, str], annotations: Mapping[str, str]) -> list[Object]:
    """Return the objects with these labels and annotations in their metadata, and nowhere else; they are changed.

    Raises KustomizeError, also for two objects that are the same.
    """
    resources = _resources(objects)
    labelling.apply(resources, labels, (labelling.METADATA_LABELS,))
    labelling.apply(resources, annotations, (_ANNOTATIONS,))
    return [resource.obj for resource in resources]


def _resources(objects: Iterable[Object]) -> ResourceMap:
    return ResourceMap(Resource(obj) for obj in objects)


def _no_file(path: str) -> bytes:
    raise MissingFile(f'"{path}" is a file, and there are none here')
