"""What a Kustomization waits for: its source, its dependencies, the health of its objects."""

from typing import Literal

from sluice_api import meta


class CrossNamespaceSourceReference(meta.APIModel):
    """The source of the manifests; `namespace` defaults to the Kustomization's."""

    api_version: str | None = None
    """API version of the source."""
    kind: Literal["OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"]
    """Kind of the source."""
    name: str
    """Name of the source."""
    namespace: str | None = None
    """Namespace of the source."""


class DependencyReference(meta.APIModel):
    """Another Kustomization, or any object, that must be ready first."""

    api_version: str | None = None
    """API version of the dependency; only for kinds other than Kustomization."""
    kind: str | None = None
    """Kind of the dependency; Kustomization when absent."""
    name: str
    """Name of the dependency."""
    namespace: str | None = None
    """Namespace of the dependency; the referrer's when absent."""
    ready_expr: str | None = None
    """CEL expression over `dep` and `self` that says whether the dependency is ready."""


class CustomHealthCheck(meta.APIModel):
    """CEL expressions that judge the health of a kind."""

    api_version: str
    """API version of the kind; only its group counts."""
    current: str
    """True when an object is healthy."""
    failed: str | None = None
    """True when an object has failed."""
    in_progress: str | None = None
    """True when an object is on its way."""
    kind: str | None = None
    """The kind; the whole group when absent."""
