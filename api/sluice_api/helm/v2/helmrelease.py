"""HelmRelease: a chart with its values, kept released."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import helm, meta
from sluice_api.helm.v2 import actions, charts, keeping, manifests, state
from sluice_api.kustomize.v1 import readiness
from sluice_api.kustomize.v1.state import ResourceInventory

Values = Annotated[Any, Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]


class HelmReleaseSpec(meta.APIModel):
    """Which chart to release, with which values, and how."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                {
                    "message": "either chart or chartRef must be set",
                    "rule": "(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))",
                }
            ]
        }
    )

    chart: charts.HelmChartTemplate | None = None
    """The HelmChart to make."""
    chart_ref: charts.CrossNamespaceSourceReference | None = None
    """An artifact that is a chart."""
    common_metadata: meta.CommonMetadata | None = None
    """Labels and annotations for every object."""
    depends_on: list[keeping.DependencyReference] | None = None
    """HelmReleases that must be ready first."""
    drift_detection: keeping.DriftDetection | None = None
    """What is done about objects that somebody else changes."""
    health_check_exprs: list[readiness.CustomHealthCheck] | None = None
    """How to judge the health of custom kinds."""
    install: actions.Install | None = None
    """How to install."""
    interval: meta.Duration
    """How often to reconcile."""
    kube_config: meta.KubeConfigReference | None = None
    """Access to another cluster to release to."""
    max_history: int | None = None
    """How many revisions are kept; all when 0, 5 when absent."""
    persistent_client: bool | None = None
    """Whether what is known of the cluster's kinds is kept during an action; true when absent."""
    post_render_strategy: Literal["nohooks", "combined", "separate"] | None = None
    """Whether post-renderers see hooks, and together with the rest or apart; combined when absent."""
    post_renderers: list[manifests.PostRenderer] | None = None
    """Changes to what was rendered."""
    release_name: Annotated[str, Field(min_length=1, max_length=53)] | None = None
    """Name of the release; made of the target namespace and this object's name when absent."""
    rollback: actions.Rollback | None = None
    """How to roll back."""
    service_account_name: charts.Name | None = None
    """ServiceAccount to release as."""
    storage_namespace: charts.Namespace | None = None
    """Namespace of Helm's storage; this object's when absent."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    target_namespace: charts.Namespace | None = None
    """Namespace to release to; this object's when absent."""
    test: actions.Test | None = None
    """How to test."""
    timeout: meta.Duration | None = None
    """Limit of each action and hook; 5m when absent."""
    uninstall: actions.Uninstall | None = None
    """How to uninstall."""
    upgrade: actions.Upgrade | None = None
    """How to upgrade."""
    values: Values = None
    """Values for the chart; they win over those of `valuesFrom`. A mapping, though the API server takes anything."""
    values_from: list[manifests.ValuesReference] | None = None
    """ConfigMaps and Secrets with values; the last one wins."""
    wait_strategy: keeping.WaitStrategy | None = None
    """By which rules objects are ready; poller when absent."""


class HelmReleaseStatus(meta.StatusModel):
    """What was released, and how it went."""

    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    failures: meta.Int64 | None = None
    """Failures of any kind since the last success."""
    helm_chart: str | None = None
    """The HelmChart that was made, as `<namespace>/<name>`."""
    history: list[state.Snapshot] | None = None
    """The releases, newest first."""
    install_failures: meta.Int64 | None = None
    """Failed installs since the last success."""
    inventory: ResourceInventory | None = None
    """The objects of the last release."""
    last_attempted_config_digest: str | None = None
    """Digest of the values that were last tried."""
    last_attempted_generation: meta.Int64 | None = None
    """Generation that was last tried."""
    last_attempted_release_action: Literal["install", "upgrade"] | None = None
    """What was last tried."""
    last_attempted_release_action_duration: str | None = None
    """How long it took."""
    last_attempted_revision: str | None = None
    """Version of the chart that was last tried."""
    last_attempted_revision_digest: str | None = None
    """Digest of its OCI artifact, if it has one."""
    last_attempted_values_checksum: str | None = None
    """No longer written."""
    last_handled_force_at: str | None = None
    """The last value of the annotation `reconcile.fluxcd.io/forceAt` that was acted upon."""
    last_handled_reset_at: str | None = None
    """The last value of the annotation `reconcile.fluxcd.io/resetAt` that was acted upon."""
    last_release_revision: int | None = None
    """No longer written."""
    observed_common_metadata_digest: str | None = None
    """Digest of `spec.commonMetadata` as of the last release."""
    observed_post_renderers_digest: str | None = None
    """Digest of `spec.postRenderers` as of the last release."""
    storage_namespace: charts.Namespace | None = None
    """Namespace of Helm's storage of the last release."""
    upgrade_failures: meta.Int64 | None = None
    """Failed upgrades since the last success."""


class HelmRelease(meta.APIObject):
    """A chart that is kept released to a cluster."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=helm.GROUP,
        version="v2",
        kind="HelmRelease",
        plural="helmreleases",
        short_names=("hr",),
        categories=("all", "fluxcd", "fluxcd-appliers"),
        columns=(meta.AGE, meta.READY, meta.STATUS),
    )

    spec: HelmReleaseSpec | None = None
    """What to release."""
    status: HelmReleaseStatus = meta.crd_default(HelmReleaseStatus(observed_generation=-1))
    """What was released."""
