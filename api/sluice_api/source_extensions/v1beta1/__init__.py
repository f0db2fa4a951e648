"""Version v1beta1 of the group of source extensions."""

from sluice_api.source_extensions.v1beta1.artifactgenerator import (
    ArtifactGenerator,
    ArtifactGeneratorSpec,
    ArtifactGeneratorStatus,
    ExternalArtifactReference,
)
from sluice_api.source_extensions.v1beta1.composition import CopyOperation, OutputArtifact, SourceReference

__all__ = [
    "ArtifactGenerator",
    "ArtifactGeneratorSpec",
    "ArtifactGeneratorStatus",
    "CopyOperation",
    "ExternalArtifactReference",
    "OutputArtifact",
    "SourceReference",
]
