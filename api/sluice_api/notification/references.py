"""The objects of Flux's kinds that events come from and that webhooks wake."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_api import meta

Kind = Literal[
    "Bucket",
    "GitRepository",
    "Kustomization",
    "HelmRelease",
    "HelmChart",
    "HelmRepository",
    "ImageRepository",
    "ImagePolicy",
    "ImageUpdateAutomation",
    "OCIRepository",
    "ArtifactGenerator",
    "ExternalArtifact",
]
Name = Annotated[str, Field(min_length=1, max_length=253)]


class CrossNamespaceObjectReference(meta.APIModel):
    """One object of a kind, or several: `*` is all of a namespace, `matchLabels` some of them."""

    api_version: str | None = None
    """API version of the referent."""
    kind: Kind
    """Kind of the referent."""
    match_labels: dict[str, str] | None = None
    """Labels of the referents; with the name `*` only."""
    name: Name
    """Name of the referent, or `*`."""
    namespace: Name | None = None
    """Namespace of the referent; the referrer's when absent."""
