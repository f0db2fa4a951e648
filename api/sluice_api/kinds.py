"""Every kind that Sluice defines, in the order in which a cluster is given them."""

from typing import Final

from sluice_api import meta
from sluice_api.helm import v2 as helmv2
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.notification import v1 as notificationv1
from sluice_api.notification import v1beta3 as notificationv1beta3
from sluice_api.source import v1 as sourcev1
from sluice_api.source_extensions import v1beta1 as source_extensionsv1beta1

KINDS: Final[tuple[type[meta.APIObject], ...]] = (
    sourcev1.Bucket,
    sourcev1.ExternalArtifact,
    sourcev1.GitRepository,
    sourcev1.HelmChart,
    sourcev1.HelmRepository,
    sourcev1.OCIRepository,
    source_extensionsv1beta1.ArtifactGenerator,
    helmv2.HelmRelease,
    kustomizev1.Kustomization,
    notificationv1beta3.Alert,
    notificationv1beta3.Provider,
    notificationv1.Receiver,
)
