"""ExternalArtifact: an artifact that something other than source-controller makes."""

from typing import ClassVar

from sluice_api import meta, source
from sluice_api.source.v1.artifact import Artifact


class ExternalArtifactSpec(meta.APIModel):
    """What the artifact belongs to."""

    source_ref: meta.NamespacedObjectKindReference | None = None
    """The object that the artifact is made for."""


class ExternalArtifactStatus(meta.APIModel):
    """What its maker says of the artifact."""

    artifact: Artifact | None = None
    """The artifact."""
    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""


class ExternalArtifact(meta.APIObject):
    """An artifact whose maker is another controller; all that is known of it is in its status."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source.GROUP,
        version="v1",
        kind="ExternalArtifact",
        plural="externalartifacts",
        short_names=("ea",),
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.AGE,
            meta.READY,
            meta.STATUS,
            meta.Column(name="Source", json_path=".spec.sourceRef.name"),
        ),
    )

    spec: ExternalArtifactSpec = ExternalArtifactSpec()
    """What the artifact belongs to."""
    status: ExternalArtifactStatus = ExternalArtifactStatus()
    """The artifact."""
