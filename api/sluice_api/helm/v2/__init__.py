"""Version v2 of the helm group."""

from sluice_api.helm.v2.actions import (
    Filter,
    Install,
    InstallRemediation,
    InstallStrategy,
    Rollback,
    Test,
    Uninstall,
    Upgrade,
    UpgradeRemediation,
    UpgradeStrategy,
)
from sluice_api.helm.v2.charts import (
    CrossNamespaceObjectReference,
    CrossNamespaceSourceReference,
    HelmChartTemplate,
    HelmChartTemplateMetadata,
    HelmChartTemplateSpec,
    HelmChartTemplateVerification,
)
from sluice_api.helm.v2.helmrelease import HelmRelease, HelmReleaseSpec, HelmReleaseStatus
from sluice_api.helm.v2.keeping import DependencyReference, DriftDetection, WaitStrategy
from sluice_api.helm.v2.manifests import KustomizeRenderer, PostRenderer, ValuesReference
from sluice_api.helm.v2.state import Snapshot, TestHookStatus

__all__ = [
    "CrossNamespaceObjectReference",
    "CrossNamespaceSourceReference",
    "DependencyReference",
    "DriftDetection",
    "Filter",
    "HelmChartTemplate",
    "HelmChartTemplateMetadata",
    "HelmChartTemplateSpec",
    "HelmChartTemplateVerification",
    "HelmRelease",
    "HelmReleaseSpec",
    "HelmReleaseStatus",
    "Install",
    "InstallRemediation",
    "InstallStrategy",
    "KustomizeRenderer",
    "PostRenderer",
    "Rollback",
    "Snapshot",
    "Test",
    "TestHookStatus",
    "Uninstall",
    "Upgrade",
    "UpgradeRemediation",
    "UpgradeStrategy",
    "ValuesReference",
    "WaitStrategy",
]
