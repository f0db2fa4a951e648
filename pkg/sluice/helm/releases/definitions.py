"""CustomResourceDefinitions that a chart has in `crds/`: applied before everything else, and never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import yamlio
from sluice.helm.errors import ChartError

Object = dict[str, Any]

_GROUP: Final = "apiextensions.k8s.io"
_KIND: Final = "CustomResourceDefinition"


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """What is in the folders `crds/` of a chart and of those in it that are in use."""

    objects: tuple[Object, ...] = field(default=(), repr=False)
    """CustomResourceDefinitions, as they are written."""
    others: tuple[str, ...] = ()
    """What is none, and is not applied: `group/kind/name` or `group/kind/namespace/name`, as Flux tells it."""


def read(files: Iterable[tuple[str, str]]) -> Definitions:
    """The definitions in files, by their names in the chart. Raises ChartError."""
    found = [obj for name, text in files for obj in _objects(name, text)]
    return Definitions(
        objects=tuple(obj for obj in found if _is_definition(obj)),
        others=tuple(_shown(obj) for obj in found if not _is_definition(obj)),
    )


def _objects(name: str, text: str) -> Iterable[Object]:
    _, _, within = name.partition("/")
    try:
        documents = yamlio.load_all(text, last_wins=True)
    except yamlio.YAMLError as error:
        raise ChartError(f"failed to parse CustomResourceDefinitions from {within}: {error}") from None
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise ChartError(f"failed to parse CustomResourceDefinitions from {within}: it has what is no object")
        items = document.get("items")
        if document["kind"].endswith("List") and isinstance(items, list):
            yield from (item for item in items if isinstance(item, dict))
        else:
            yield document


def _group(obj: Object) -> str:
    group, slash, _ = str(obj.get("apiVersion") or "").partition("/")
    return group if slash else ""


def _is_definition(obj: Object) -> bool:
    return (_group(obj), obj.get("kind")) == (_GROUP, _KIND)


def _shown(obj: Object) -> str:
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    named = [metadata[key] for key in ("namespace", "name") if metadata.get(key)]
    return "/".join(str(each) for each in (_group(obj), obj.get("kind"), *named))
