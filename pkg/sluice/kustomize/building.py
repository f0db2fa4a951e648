"""The build: the tree of kustomizations gathered, then what is done once for all of its resources."""

from pathlib import Path

from sluice.kustomize import accumulating, overlays
from sluice.kustomize.definition.kustomizations import Kustomization
from sluice.kustomize.errors import BuildError, InvalidKustomization, Refused
from sluice.kustomize.layers import Layer
from sluice.kustomize.loading.files import Files
from sluice.kustomize.model import origins
from sluice.kustomize.model.resources import Object, Resource, ResourceMap
from sluice.kustomize.options import BuildOptions
from sluice.kustomize.overlays import Overlay
from sluice.kustomize.targets import Target
from sluice.kustomize.transforming import (
    labelling,
    naming,
    ordering,
    references,
    variables,
)

_LOCAL_CONFIG = "config.kubernetes.io/local-config"
_VERSION = "v5.8.1"
"""The release of kustomize whose behaviour this is; `managedByLabel` shows it."""
_EMBEDDED_VERSION = "(devel)"
"""What the kustomize inside Flux says of itself in the same place."""


def build(
    root: Path, path: str = ".", *, overlay: Overlay | None = None, options: BuildOptions | None = None
) -> list[Object]:
    """Return the objects that the kustomization at `path` below `root` stands for.

    With an overlay the directory is built as Flux does it: it needs no kustomization file, and the overlay's settings
    are merged in. Nothing is written and nothing outside `root` is read. Raises KustomizeError.
    """
    options = options or BuildOptions()
    files = Files(root, options)
    directory = files.shown(files.root, path)
    if not directory.is_relative_to(files.root):
        raise Refused(f"path '{path}' is not in or below the root of the build", file=path)
    top = Target(files, directory, None)
    if overlay is None:
        try:
            top = Target(files, files.directory(files.root, path), None)
            top.load()
        except BuildError as error:
            raise error.located(file=files.name(directory)) from error
        top.choose_schema()
    else:
        top.kustomization = overlays.generate(files, directory, overlay)
        top.only_file()
        if is_empty(top.kustomization):
            raise InvalidKustomization("kustomization.yaml is empty", file=files.name(directory))
        top.choose_schema()
    try:
        return _finished(top, _VERSION if overlay is None else _EMBEDDED_VERSION)
    except BuildError as error:
        raise (error if error.file else top.at("", error)) from error


def generate(root: Path, path: str, overlay: Overlay, *, options: BuildOptions | None = None) -> Kustomization:
    """Return the kustomization that `build` with this overlay builds: generated or read, and merged.

    GenerateError.
    """
    files = Files(root, options or BuildOptions())
    return overlays.generate(files, files.shown(files.root, path), overlay)


def is_empty(kustomization: Kustomization) -> bool:
    """Tell whether nothing at all is asked for."""
    return kustomization == Kustomization(file=kustomization.file, kind=kustomization.kind)


def _finished(top: "Target", version: str) -> list[Object]:
    """Build the whole tree, then do what is done once: hashes, references, variables, order, annotations."""
    wanted = top.kustomization.build_metadata
    layer = Layer(ResourceMap(openapi=top.openapi))
    if wanted:
        top.origin = origins.Origin()
    accumulating.accumulate(top, layer)
    naming.add_hashes(layer.resources)
    unused = _resolve(layer)
    if unused:
        top.files.options.warn(f"well-defined vars that were never replaced: {','.join(unused)}")
    resources = _remaining(layer.resources)
    ordering.apply(resources, top.kustomization.sort_options, top.files.options.order)
    if origins.MANAGED_BY in wanted:
        pairs = {"app.kubernetes.io/managed-by": f"kustomize-{version}"}
        labelling.apply(resources, pairs, (labelling.METADATA_LABELS,))
    for resource in resources:
        origins.write(resource, wanted)
    return [resource.obj for resource in resources]


def _resolve(layer: Layer) -> list[str]:
    """Let everything refer to what is meant by its new name; return the variables that nothing refers to."""
    references.fix(layer.resources, layer.config.name_reference)
    return variables.resolve(layer.resources, layer.variables, layer.config.var_reference)


def settled(layer: Layer) -> ResourceMap:
    """Return the resources of a layer without variables, once everything in it is changed."""
    _resolve(layer)
    return _remaining(layer.resources)


def _remaining(resources: ResourceMap) -> ResourceMap:
    """Return what is not for kustomize alone; adding it anew finds what patches have made the same meanwhile."""
    return ResourceMap((each for each in resources if not _is_local(each)), openapi=resources.openapi)


def _is_local(resource: Resource) -> bool:
    return resource.strings("annotations").get(_LOCAL_CONFIG, "false") != "false"
