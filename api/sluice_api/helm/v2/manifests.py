"""What a chart is rendered with, and what is changed of it afterwards."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_api import meta
from sluice_api.kustomize.v1 import build


class ValuesReference(meta.APIModel):
    """A ConfigMap or Secret with values, in the HelmRelease's namespace."""

    kind: Literal["Secret", "ConfigMap"]
    """Kind of the referent."""
    literal: bool | None = None
    """Whether the value is taken as it is, whatever it looks like; with `targetPath` only."""
    name: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the referent."""
    optional: bool | None = None
    """Whether one that is not there is passed over."""
    target_path: Annotated[str | None, Field(max_length=250, pattern=r"^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$")] = None
    """Where in the values to put it; it is merged into their root when absent."""
    values_key: Annotated[str | None, Field(max_length=253, pattern=r"^[\-._a-zA-Z0-9]+$")] = None
    """Which key of the referent; `values.yaml` when absent."""


class KustomizeRenderer(meta.APIModel):
    """Changes to the rendered objects, as a kustomization says them."""

    images: list[build.Image] | None = None
    """Images to change."""
    patches: list[build.Patch] | None = None
    """Patches to apply."""


class PostRenderer(meta.APIModel):
    """One change to what was rendered."""

    kustomize: KustomizeRenderer | None = None
    """By kustomize."""
