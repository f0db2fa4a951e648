"""A chart, values and what is known of the cluster, to what a release consists of: as Helm 4 installs and stores it.

`render` is work for a worker process: templates may loop and grow. It speaks to no server; `lookup` asks the address
that the order names, which belongs to a forwarder on this machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sluice.helm import manifests, native, rendering
from sluice.helm.manifests import Manifest
from sluice.helm.releases import contents, definitions, postrendering
from sluice.helm.releases.contents import Dress, Dressed
from sluice.helm.releases.definitions import Definitions
from sluice.helm.releases.postrendering import Object, PostRender, Strategy
from sluice.helm.releases.records import Hook

_DELETE: Final = "helm.sh/hook-delete-policy"
_OUTPUT: Final = "helm.sh/hook-output-log-policy"
_WEIGHT: Final = "helm.sh/hook-weight"
_LOOKUP: Final = "lookup"
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_INT64: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, kw_only=True)
class Order:
    """One rendering. Picklable."""

    chart: Path | bytes = field(repr=False)
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
class Rendered:
    """What a release consists of."""

    chart: Mapping[str, Any] = field(repr=False)
    """For the record: `metadata`, `templates`, `values` and the like, as Helm stores them."""
    manifest: str = field(repr=False)
    """For the record: every document under a line that names its template, in the order of installation."""
    objects: tuple[Object, ...] = field(repr=False)
    """What the manifest says, in its order; lists are not taken apart."""
    hooks: tuple[Hook, ...] = field(repr=False)
    """For the record, in Helm's order there: by kind. `running.order` has the order in which they are run.

    Those without a delete policy have none here: Helm gives them `before-hook-creation` when it runs them.
    """
    notes: str = field(default="", repr=False)
    """NOTES.txt of the chart, not of those in it."""


def render(order: Order, post_render: PostRender | None = None) -> Rendered:
    """Render, post-render, sort.

    Raises:
        ChartError: the chart cannot be read, or is not for this cluster.
        ValuesError: the values do not fit the chart's schema.
        TemplateError: a template failed, `lookup` was refused, or what they give is no manifest.
    """
    files = contents.read(order.chart)
    dress = Dress(
        version=order.chart_version,
        api_versions=len(order.api_versions),
        schemas=not order.disable_schema_validation,
    )
    dressed = Dressed(files, dress)
    # Templates can be in values, too.
    asks_lookup = dressed.asks_lookup or _LOOKUP in json.dumps(dict(order.values))
    with native.loaded(dressed.data) as loaded:
        rendering.check_version(loaded, order.kube_version)
        rendered = loaded.render(order.values, _options(order), server=order.lookup if asks_lookup else "")
        record = loaded.record
    described = record["metadata"]
    notes = rendered.get(f"{described['name']}/templates/{manifests.NOTES}", "")
    if post_render is not None:
        rendered = postrendering.apply(rendered, post_render, order.strategy)
    generic, hooks = manifests.sort(rendered)
    return Rendered(
        chart={**contents.stored(files, described["apiVersion"]), **record},
        manifest=manifests.joined(generic),
        objects=tuple(each.content for each in generic if each.content),
        hooks=tuple(_hook(each) for each in hooks),
        notes=notes,
    )


def defined(order: Order) -> Definitions:
    """Only the CustomResourceDefinitions: Flux applies them first, and asks for the cluster's API versions then.

    No template is rendered. Raises ChartError.
    """
    bare = Dressed(contents.read(order.chart), Dress(templates=False, schemas=False))
    if not bare.has_definitions:
        return Definitions()
    with native.loaded(bare.data) as loaded:
        # This takes out what the values switch off.
        loaded.render(order.values, {"name": order.name})
        return definitions.read(loaded.crds)


def _options(order: Order) -> dict[str, Any]:
    return {
        "name": order.name,
        "namespace": order.namespace,
        "revision": order.revision,
        "is_install": not order.is_upgrade,
        "is_upgrade": order.is_upgrade,
        "kube_version": order.kube_version,
        "api_versions": list(order.api_versions),
        "enable_dns": order.allow_dns,
    }


def _hook(manifest: Manifest) -> Hook:
    return Hook(
        name=manifest.name,
        kind=manifest.kind,
        path=manifest.source,
        manifest=manifest.text,
        events=manifest.events,
        weight=_weight(manifest.annotation(_WEIGHT) or ""),
        delete_policies=manifest.listed(_DELETE),
        output_log_policies=manifest.listed(_OUTPUT),
    )


def _weight(text: str) -> int:
    """The number in the annotation; what is none weighs nothing."""
    weight = int(text) if _INTEGER.fullmatch(text) else 0
    return weight if weight in _INT64 else 0
