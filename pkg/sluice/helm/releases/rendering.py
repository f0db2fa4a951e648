"""A chart, values and what is known of the cluster, to what a release consists of: as Helm 4 installs and stores it.

`render` is work for a worker process: templates may loop and grow. It speaks to no server; `lookup` asks the address
that the order names, which belongs to a forwarder on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sluice.helm.releases.records import Hook

Object = dict[str, Any]

FILENAME: Final = "postrenderer.helm.sh/postrender-filename"
"""The annotation by which a post-rendered object says which template it comes from; it is taken off afterwards."""


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


@dataclass(frozen=True, kw_only=True)
class Order:
    """One rendering. Picklable."""

    chart: Path | bytes
    """The packed chart, its bytes, or a directory. Symbolic links in a directory are followed."""
    name: str
    """Of the release."""
    namespace: str
    """Of the release."""
    revision: int = 1
    is_upgrade: bool = False
    """Otherwise it is an install, to the templates."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Over the chart's own."""
    chart_version: str = ""
    """Instead of the chart's own version: Flux adds the digest of the source to it."""
    kube_version: str
    """Of the cluster: `v1.36.0`."""
    api_versions: Sequence[str] = ()
    """Of the cluster: `apps/v1` and `apps/v1/Deployment` for everything that it serves; templates see no others."""
    disable_schema_validation: bool = False
    allow_dns: bool = False
    """Whether templates may ask for the addresses of names."""
    lookup: str = field(default="", repr=False)
    """Where `lookup` asks: the address of a visit to a forwarder, without a login. It finds nothing without one."""
    strategy: Strategy = Strategy.COMBINED


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """What is in the folders `crds/` of a chart and of those in it that are in use."""

    objects: tuple[Object, ...] = ()
    """CustomResourceDefinitions, as they are written."""
    others: tuple[str, ...] = ()
    """What is none, and is not applied: `group/kind/name` or `group/kind/namespace/name`, as Flux tells it."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What a release consists of."""

    chart: Mapping[str, Any]
    """For the record: `metadata`, `templates`, `values` and the like, as Helm stores them."""
    manifest: str = field(repr=False)
    """For the record: every document under a line that names its template, in the order of installation."""
    objects: tuple[Object, ...] = field(repr=False)
    """What the manifest says, in its order; lists are not taken apart."""
    hooks: tuple[Hook, ...] = field(repr=False)
    """For the record, in Helm's order there: by kind. `running.order` has the order in which they are run."""
    notes: str = field(default="", repr=False)
    """NOTES.txt of the chart, not of those in it."""
    definitions: Definitions = field(default_factory=Definitions, repr=False)


def render(order: Order, post_render: PostRender | None = None) -> Rendered:
    """Render, post-render, sort.

    Raises:
        ChartError: the chart cannot be read, is a library, lacks what it needs, or is not for this cluster.
        ValuesError: the values do not fit the chart's schema.
        TemplateError: a template failed, `lookup` was refused, or what they give is no manifest.
    """
    raise NotImplementedError


def definitions(order: Order) -> Definitions:
    """Only the CustomResourceDefinitions: Flux applies them first, and then asks for the cluster's API versions.

    No template is rendered. Raises ChartError.
    """
    raise NotImplementedError
