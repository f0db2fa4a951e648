"""What a HelmRelease's status remembers of its releases."""

from typing import Annotated

from pydantic import Field

from sluice_api import meta


class TestHookStatus(meta.APIModel):
    """How one test went."""

    last_completed: meta.Time | None = None
    """When it ended."""
    last_started: meta.Time | None = None
    """When it began."""
    phase: str | None = None
    """How it ended, as Helm calls it."""


class Snapshot(meta.APIModel):
    """One release, as Helm's storage had it when it was last looked at."""

    action: str | None = None
    """What made it."""
    api_version: str | None = None
    """Version of this form; it says how `digest` is made."""
    app_version: str | None = None
    """Version of the application, as the chart says."""
    chart_name: str
    """Name of the chart."""
    chart_version: str
    """Version of the chart."""
    config_digest: str
    """Digest of the values."""
    deleted: meta.Time | None = None
    """When it was uninstalled."""
    digest: str
    """Digest of the release in the storage."""
    first_deployed: meta.Time
    """When the release was first deployed."""
    last_deployed: meta.Time
    """When it was last deployed."""
    name: str
    """Name of the release."""
    namespace: str
    """Namespace of the release."""
    oci_digest: Annotated[str | None, Field(alias="ociDigest")] = None
    """Digest of the OCI artifact that the chart came from."""
    status: str
    """Status, as Helm calls it."""
    test_hooks: dict[str, TestHookStatus] | None = None
    """How its tests went, by name."""
    version: int
    """Revision of the release."""
