"""Version v1 of the kustomize group."""

from sluice_api.kustomize.v1.build import (
    Decryption,
    IgnoreRule,
    Image,
    Patch,
    PostBuild,
    Selector,
    SubstituteReference,
)
from sluice_api.kustomize.v1.kustomization import Kustomization, KustomizationSpec, KustomizationStatus
from sluice_api.kustomize.v1.readiness import (
    CrossNamespaceSourceReference,
    CustomHealthCheck,
    DependencyReference,
)
from sluice_api.kustomize.v1.state import ResourceInventory, ResourceRef, Snapshot

__all__ = [
    "CrossNamespaceSourceReference",
    "CustomHealthCheck",
    "Decryption",
    "DependencyReference",
    "IgnoreRule",
    "Image",
    "Kustomization",
    "KustomizationSpec",
    "KustomizationStatus",
    "Patch",
    "PostBuild",
    "ResourceInventory",
    "ResourceRef",
    "Selector",
    "Snapshot",
    "SubstituteReference",
]
