"""One value for many fields, or for one part of the file paths in them (`ValueAddTransformer`)."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.kustomize.definition.kustomizations import Selector
from sluice.kustomize.errors import BuildError
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.patching import selecting
from sluice.kustomize.transforming import fieldpaths, namespaces, nodes
from sluice.kustomize.transforming.fieldpaths import Astray, Cell
from sluice.kustomize.transforming.nodes import Mistyped, Shape

_NAMESPACE = "metadata/namespace"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A field, of all resources or of those that a selector selects."""

    path: str
    """Names of fields, and of list items `[name=web]`, `[=text]`, `0` or `-` for the last; what is missing is made."""
    selector: Selector | None = None
    position: int = 0
    """Where in the file path that the field holds the value goes, counted from 1; 0 is all of the field."""


def apply(resources: ResourceMap, value: str, destinations: Sequence[Destination]) -> None:
    """Write the value to every destination."""
    for destination in destinations:
        selector = destination.selector
        for resource in list(resources) if selector is None else selecting.select(resources, selector):
            if destination.path == _NAMESPACE:
                namespaces.put(resource, value)
                continue
            try:
                _write(resource, value, destination)
            except (Astray, Mistyped) as fault:
                reason = f'"{destination.path}" does not fit {resource.id.title}: {fault}'
                raise BuildError(reason, field="targets").saying(str(fault)) from None
    resources.changed()


def _write(resource: Resource, value: str, destination: Destination) -> None:
    place = fieldpaths.lookup(Cell([resource.obj], 0), fieldspecs.split(destination.path), Shape.SCALAR)
    if place is None:
        return
    if nodes.shape(place.value) is not Shape.SCALAR:
        raise Astray(f"wrong node kind: expected ScalarNode but got {nodes.shape(place.value).value}")
    at = destination.position
    place.put(_inserted(nodes.text(place.value), at - 1, value) if at > 0 else value)
    nodes.settle(resource.obj)


def _inserted(path: str, at: int, part: str) -> str:
    """Return the file path with one more part; an absolute path stays one."""
    parts = path.split("/") if path.strip("/") else [""] * path.startswith("/")
    at = min(at, len(parts))
    if parts and not parts[0] and at < len(parts):
        at += 1
    return posixpath.normpath("/".join((*parts[:at], part, *parts[at:])))
