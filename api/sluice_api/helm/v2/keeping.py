"""What a HelmRelease waits for, and how it is kept."""

from typing import Literal

from sluice_api import meta
from sluice_api.kustomize.v1 import build


class DependencyReference(meta.APIModel):
    """Another HelmRelease, or any object, that must be ready first."""

    api_version: str | None = None
    """API version of the dependency; only for kinds other than HelmRelease."""
    kind: str | None = None
    """Kind of the dependency; HelmRelease when absent."""
    name: str
    """Name of the dependency."""
    namespace: str | None = None
    """Namespace of the dependency; the referrer's when absent."""
    ready_expr: str | None = None
    """CEL expression over `dep` and `self` that says whether the dependency is ready."""


class DriftDetection(meta.APIModel):
    """What is done about objects that somebody else changes."""

    ignore: list[build.IgnoreRule] | None = None
    """Fields that are left alone."""
    mode: Literal["enabled", "warn", "disabled"] | None = None
    """Put it back, only tell of it, or do not look; disabled when absent."""


class WaitStrategy(meta.APIModel):
    """By which rules objects are ready."""

    name: Literal["poller", "legacy"]
    """kstatus, or the rules of Helm 3."""
