"""Where a HelmRelease's chart comes from."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta

Name = Annotated[str, Field(min_length=1, max_length=253)]
Namespace = Annotated[str, Field(min_length=1, max_length=63)]


class CrossNamespaceObjectReference(meta.APIModel):
    """The source of a chart; `namespace` defaults to the HelmRelease's."""

    api_version: str | None = None
    """API version of the source."""
    kind: Literal["HelmRepository", "GitRepository", "Bucket"]
    """Kind of the source."""
    name: Name
    """Name of the source."""
    namespace: Namespace | None = None
    """Namespace of the source."""


class CrossNamespaceSourceReference(meta.APIModel):
    """An artifact that is a chart; `namespace` defaults to the HelmRelease's."""

    api_version: str | None = None
    """API version of the source."""
    kind: Literal["OCIRepository", "HelmChart", "ExternalArtifact"]
    """Kind of the source."""
    name: Name
    """Name of the source."""
    namespace: Namespace | None = None
    """Namespace of the source."""


class HelmChartTemplateMetadata(meta.APIModel):
    """Labels and annotations of the HelmChart that is made."""

    annotations: dict[str, str] | None = None
    """Annotations to set."""
    labels: dict[str, str] | None = None
    """Labels to set."""


class HelmChartTemplateVerification(meta.APIModel):
    """How the signature of the chart is checked."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"required": ["provider"]})

    provider: Literal["cosign", "notation"] = meta.crd_default("cosign")
    """The tool that made the signature."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with the trusted public keys; for notation, with the certificates and the trust policy."""


class HelmChartTemplateSpec(meta.APIModel):
    """The spec of the HelmChart that is made."""

    chart: Annotated[str, Field(min_length=1, max_length=2048)]
    """Name of the chart in a HelmRepository, or its path in any other source."""
    ignore_missing_values_files: bool | None = None
    """Whether values files that are not there are passed over, not told as an error."""
    interval: meta.Duration | None = None
    """How often to look for a new version of the chart; the HelmRelease's interval when absent."""
    reconcile_strategy: Literal["ChartVersion", "Revision"] = meta.crd_default("ChartVersion")
    """What makes a new artifact: a new version of the chart, or also a new revision of its source."""
    source_ref: CrossNamespaceObjectReference
    """Where the chart is."""
    values_files: list[str] | None = None
    """Files that make the chart's values in place of `values.yaml`, which can be one of them; the last one wins."""
    verify: HelmChartTemplateVerification | None = None
    """Which signatures to require."""
    version: str = meta.crd_default("*")
    """Range of versions; the newest within it is fetched. Only for a HelmRepository."""


class HelmChartTemplate(meta.APIModel):
    """The HelmChart that is made for a HelmRelease."""

    metadata: HelmChartTemplateMetadata | None = None
    """Its labels and annotations."""
    spec: HelmChartTemplateSpec
    """Which chart."""
