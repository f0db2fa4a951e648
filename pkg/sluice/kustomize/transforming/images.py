"""New names, tags and digests for container images."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

from sluice import regexes
from sluice.kustomize.definition.kustomizations import Image
from sluice.kustomize.errors import InvalidKustomization
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Specs
from sluice.kustomize.model.resources import ResourceMap

_LISTS = ("containers", "initContainers")
_TAIL = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$"
"""Tag and digest, after the name."""


def apply(resources: ResourceMap, images: Sequence[Image], specs: Specs) -> None:
    """Apply the images in order, wherever a list of containers stands and wherever `specs` lead."""
    by_kind = fieldspecs.ByKind(specs)
    for resource in resources:
        gvk = resource.gvk
        if gvk.kind == "CustomResourceDefinition":
            continue
        containers = list(_containers(resource.obj))
        for image in images:
            for container in containers:
                container["image"] = _changed(container["image"], image)
            for spec in by_kind.of(gvk):
                fieldspecs.apply(resource, spec, fieldspecs.of_scalars(partial(_changed, image=image)))


def split(image: str) -> tuple[str, str, str]:
    """Take `host:port/name:tag@digest` apart into name, tag and digest."""
    start = max(image.find("/"), 0)
    at, colon = image.find("@", start), image.find(":", start)
    if at < 0 and colon < 0:
        return image, "", ""
    if at >= 0 and (at < colon or colon < 0):
        return image[:at], "", image[at:].removeprefix("@")
    if at >= 0:
        return image[:colon], image[colon + 1 : at], image[at:].removeprefix("@")
    return image[:colon], image[colon + 1 :], ""


def _changed(value: Any, image: Image) -> Any:
    if not isinstance(value, str) or not _pattern(image.name)(value):
        return value
    name, tag, digest = split(value)
    name = image.new_name or name
    # A new tag or digest replaces both the old tag and the old digest.
    if image.new_tag or image.digest:
        tag, digest = image.new_tag, image.digest
    elif image.tag_suffix:
        tag, digest = tag + image.tag_suffix, ""
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


@lru_cache(maxsize=512)
def _pattern(name: str) -> regexes.Search:
    """Return what finds images of this name: a regular expression, which kustomize does not put into parentheses."""
    try:
        return regexes.searching(name, before="^", after=_TAIL)
    except regexes.InvalidPattern as error:
        raise InvalidKustomization(f"error parsing regexp: {error}: `{name}`", field="name") from error


def _containers(node: Any) -> Iterator[dict[str, Any]]:
    """Find the items with an image in every list of containers, at any depth."""
    if isinstance(node, list):
        for item in node:
            yield from _containers(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict | list):
                yield from _containers(value)
                if key in _LISTS and isinstance(value, list):
                    yield from (item for item in value if isinstance(item, dict) and "image" in item)
