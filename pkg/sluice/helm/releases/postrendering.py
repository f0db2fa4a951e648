"""Post-renderers: what templates gave, taken apart, changed as a whole, and put into files again as Helm does it.

The post-renderers themselves are the caller's: this engine knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sluice import yamlio
from sluice.helm import manifests
from sluice.helm.manifests import Manifest
from sluice.yamlio import styled

Object = dict[str, Any]
Files = dict[str, str]

FILENAME: Final = "postrenderer.helm.sh/postrender-filename"
"""The annotation by which a post-rendered object says which template it comes from; it is taken off afterwards."""

_FOLDED: Final = 79
"""Characters of a line that may be one that was folded."""


class Strategy(StrEnum):
    """What of a release goes through the post-renderers."""

    COMBINED = "combined"
    """Manifests and hooks, in one stream."""
    SEPARATE = "separate"
    """Manifests and hooks, in two streams: one object may be in both."""
    NO_HOOKS = "nohooks"
    """Manifests alone."""


@dataclass(frozen=True)
class Document:
    """One document of a template."""

    source: str
    """The template: `web/templates/service.yaml`."""
    text: str


PostRender = Callable[[Sequence[Document]], Sequence[Object]]
"""All post-renderers of a release, one after the other: documents in, objects out, in whatever order.

Objects that were made of a document carry its source as their annotation `FILENAME`; those without are put into files
of their own. Its errors are let through.
"""


def apply(files: Mapping[str, str], post_render: PostRender, strategy: Strategy) -> Files:
    """The files after the post-renderers. Raises TemplateError for what is no YAML."""
    if strategy is Strategy.COMBINED:
        return _rendered(_documents(files), post_render, "")
    generic, hooks = manifests.sort(files)
    made: Files = {}
    groups = (("hooks", hooks, strategy is Strategy.SEPARATE), ("manifests", generic, True))
    for name, group, wanted in groups:
        grouped = _grouped(group)
        # What there is none of is not rendered: no empty stream reaches a post-renderer.
        found = _rendered(_documents(grouped), post_render, name) if wanted and grouped else grouped
        for source, text in found.items():
            made[source] = f"{made[source]}\n---\n{text}" if source in made else text
    return made


def _grouped(group: Iterable[Manifest]) -> Files:
    files: dict[str, list[str]] = {}
    for each in group:
        files.setdefault(each.source, []).append(each.text)
    return {source: "\n---\n".join(texts) for source, texts in files.items()}


def _documents(files: Mapping[str, str]) -> list[Document]:
    sources = sorted(files, key=str.encode)
    return [Document(source, text) for source in sources for text in manifests.split(source, files[source])]


def _rendered(documents: Sequence[Document], post_render: PostRender, group: str) -> Files:
    files: dict[str, list[str]] = {}
    for at, obj in enumerate(post_render(documents)):
        source = _taken(obj) or "-".join(("generated-by-postrender", *filter(None, (group,)), f"{at}.yaml"))
        files.setdefault(source, []).append(_written(obj))
    return {source: "---\n".join(texts) for source, texts in files.items()}


def _written(obj: Object) -> str:
    """The text as Helm has it, which reads and writes what post-renderers give: no lines are folded."""
    text = yamlio.dump(obj)
    if all(len(line) < _FOLDED for line in text.splitlines()):
        return text
    return styled.write(styled.read(text))


def _taken(obj: Object) -> str:
    """Where the object says that it comes from; it does not say so any longer."""
    metadata = obj.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    source = annotations.pop(FILENAME, "")
    if not annotations:
        metadata.pop("annotations", None)
    return str(source)
