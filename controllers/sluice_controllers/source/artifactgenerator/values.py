"""What the steps hand to each other."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice_api.source.v1 import Artifact
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator, ExternalArtifactReference

ORIGIN: Final = "org.opencontainers.image.revision"
"""The key of an artifact's metadata that says of which revision of what was before it it was made."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A generator, and the artifacts of its sources by alias."""

    generator: ArtifactGenerator
    sources: Mapping[str, Artifact]

    @property
    def digest(self) -> str:
        """Of the state of all sources; `status.observedSourcesDigest`."""
        parts = sorted(
            f"{alias}=[digest={each.digest},revision={each.revision},url={each.url}]"
            for alias, each in self.sources.items()
        )
        return f"sha256:{hashlib.sha256('|'.join(parts).encode()).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """The artifacts that stand now."""

    inventory: tuple[ExternalArtifactReference, ...]
    revisions: Mapping[str, str]
    """Of what was made in this pass, by name; empty when all was there."""
