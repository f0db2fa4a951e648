"""HelmChart: one chart out of a repository or another source."""

from typing import ClassVar, Literal

from pydantic import ConfigDict

from sluice_api import meta, source
from sluice_api.source.v1.artifact import Artifact
from sluice_api.source.v1.verification import HelmChartVerification


class LocalHelmChartSourceReference(meta.APIModel):
    """The source of a chart, in the chart's namespace."""

    api_version: str | None = None
    """API version of the source."""
    kind: Literal["HelmRepository", "GitRepository", "Bucket"]
    """Kind of the source."""
    name: str
    """Name of the source."""


class HelmChartSpec(meta.APIModel):
    """Which chart to fetch or to package, and from where."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                {
                    "message": "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
                    "rule": "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
                }
            ]
        }
    )

    chart: str
    """Name of the chart in a HelmRepository, or its path in any other source."""
    ignore_missing_values_files: bool | None = None
    """Whether values files that are not there are passed over, not told as an error."""
    interval: meta.Duration
    """How often to look for a new version of the chart."""
    reconcile_strategy: Literal["ChartVersion", "Revision"] = meta.crd_default("ChartVersion")
    """What makes a new artifact: a new version of the chart, or also a new revision of its source."""
    source_ref: LocalHelmChartSourceReference
    """Where the chart is."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    values_files: list[str] | None = None
    """Files that make the chart's values in place of `values.yaml`, which can be one of them; the last one wins."""
    verify: HelmChartVerification | None = None
    """Which signatures to require; only of charts in a registry, not of those they depend on."""
    version: str = meta.crd_default("*")
    """Range of versions; the newest within it is fetched. Only for a HelmRepository."""


class HelmChartStatus(meta.StatusModel):
    """The chart that was made an artifact, and how it went."""

    artifact: Artifact | None = None
    """The chart, as the last successful pass left it."""
    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    observed_chart_name: str | None = None
    """Name of the chart, as the chart itself gives it."""
    observed_source_artifact_revision: str | None = None
    """Revision of the source's artifact that the chart was made from."""
    observed_values_files: list[str] | None = None
    """The values files that are in the artifact."""
    url: str | None = None
    """Address of the newest artifact; it stays the same from artifact to artifact."""


class HelmChart(meta.APIObject):
    """A Helm chart that is made an artifact."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source.GROUP,
        version="v1",
        kind="HelmChart",
        plural="helmcharts",
        short_names=("hc",),
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.Column(name="Chart", json_path=".spec.chart"),
            meta.Column(name="Version", json_path=".spec.version"),
            meta.Column(name="Source Kind", json_path=".spec.sourceRef.kind"),
            meta.Column(name="Source Name", json_path=".spec.sourceRef.name"),
            meta.AGE,
            meta.READY,
            meta.STATUS,
        ),
    )

    spec: HelmChartSpec
    """Which chart."""
    status: HelmChartStatus = meta.crd_default(HelmChartStatus(observed_generation=-1))
    """What was made of it."""
