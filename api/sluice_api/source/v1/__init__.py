"""Version v1 of the source group."""

from sluice_api.source.v1.artifact import Artifact
from sluice_api.source.v1.bucket import Bucket, BucketSpec, BucketStatus, BucketSTSSpec
from sluice_api.source.v1.externalartifact import ExternalArtifact, ExternalArtifactSpec, ExternalArtifactStatus
from sluice_api.source.v1.gitrepository import (
    GitRepository,
    GitRepositoryInclude,
    GitRepositoryRef,
    GitRepositorySpec,
    GitRepositoryStatus,
    GitRepositoryVerification,
)
from sluice_api.source.v1.helmchart import (
    HelmChart,
    HelmChartSpec,
    HelmChartStatus,
    LocalHelmChartSourceReference,
)
from sluice_api.source.v1.helmrepository import HelmRepository, HelmRepositorySpec, HelmRepositoryStatus
from sluice_api.source.v1.ocirepository import (
    OCILayerSelector,
    OCIRepository,
    OCIRepositoryRef,
    OCIRepositorySpec,
    OCIRepositoryStatus,
)
from sluice_api.source.v1.verification import HelmChartVerification, OCIRepositoryVerification, OIDCIdentityMatch

__all__ = [
    "Artifact",
    "Bucket",
    "BucketSTSSpec",
    "BucketSpec",
    "BucketStatus",
    "ExternalArtifact",
    "ExternalArtifactSpec",
    "ExternalArtifactStatus",
    "GitRepository",
    "GitRepositoryInclude",
    "GitRepositoryRef",
    "GitRepositorySpec",
    "GitRepositoryStatus",
    "GitRepositoryVerification",
    "HelmChart",
    "HelmChartSpec",
    "HelmChartStatus",
    "HelmChartVerification",
    "HelmRepository",
    "HelmRepositorySpec",
    "HelmRepositoryStatus",
    "LocalHelmChartSourceReference",
    "OCILayerSelector",
    "OCIRepository",
    "OCIRepositoryRef",
    "OCIRepositorySpec",
    "OCIRepositoryStatus",
    "OCIRepositoryVerification",
    "OIDCIdentityMatch",
]
