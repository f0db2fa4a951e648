"""ArtifactGenerator: artifacts composed out of the artifacts of other sources."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from sluice_api import meta, source_extensions
from sluice_api.source_extensions.v1beta1 import composition


class ArtifactGeneratorSpec(meta.APIModel):
    """What to compose, and out of what."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                {
                    "message": "artifact names must be valid Kubernetes object names when pathPattern is not set",
                    "rule": "has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, "
                    r"a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
                }
            ]
        }
    )

    artifacts: Annotated[list[composition.OutputArtifact], Field(min_length=1, max_length=1000)]
    """The artifacts to make."""
    common_metadata: meta.CommonMetadata | None = None
    """Labels and annotations for every ExternalArtifact that is made."""
    path_pattern: Annotated[str, Field(max_length=1024, pattern=composition.SOURCE_PATH)] | None = None
    """Pattern of directories, as `@<alias>/<pattern>`: what it captures, as `{app}`, `artifacts` may name."""
    sources: Annotated[list[composition.SourceReference], Field(min_length=1, max_length=1000)]
    """What may be copied from."""


class ExternalArtifactReference(meta.APIModel):
    """An ExternalArtifact that was made, and its file."""

    digest: str
    """Digest of the artifact."""
    filename: str
    """Name of the artifact's file."""
    name: str
    """Name of the ExternalArtifact."""
    namespace: str
    """Namespace of the ExternalArtifact."""


class ArtifactGeneratorStatus(meta.APIModel):
    """What was made, and how it went."""

    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    inventory: list[ExternalArtifactReference] | None = None
    """The ExternalArtifacts that were made."""
    last_handled_reconcile_at: str | None = None
    """The last value of the annotation `reconcile.fluxcd.io/requestedAt` that was acted upon."""
    observed_sources_digest: str | None = None
    """Digest of the state of all sources that the artifacts were made from."""


class ArtifactGenerator(meta.APIObject):
    """Artifacts composed out of the artifacts of other sources by rules of copying."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source_extensions.GROUP,
        version="v1beta1",
        kind="ArtifactGenerator",
        plural="artifactgenerators",
        short_names=("ag",),
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.AGE,
            meta.READY,
            meta.STATUS,
        ),
    )

    spec: ArtifactGeneratorSpec
    """What to compose."""
    status: ArtifactGeneratorStatus = ArtifactGeneratorStatus()
    """What was made."""
