"""HelmRepository: where charts are found, as an index over HTTP or as a registry."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_api import meta, source
from sluice_api.source.v1.artifact import Artifact


class HelmRepositorySpec(meta.APIModel):
    """Where the charts are, how often to look, and with which credentials."""

    access_from: meta.AccessFrom | None = None
    """Who may refer to this object from other namespaces; without effect, as in Flux."""
    cert_secret_ref: meta.LocalObjectReference | None = None
    """Secret with `ca.crt`, with `tls.crt` and `tls.key`, or with all three; goes before those in `secretRef`."""
    insecure: bool | None = None
    """Whether a registry is spoken to without TLS; only for type `oci`."""
    interval: meta.Duration | None = None
    """How often to look for a new index; every minute when absent."""
    pass_credentials: bool | None = None
    """Whether the credentials are also sent to other hosts, where the index says that charts are."""
    provider: Literal["generic", "aws", "azure", "gcp"] = meta.crd_default("generic")
    """How to authenticate; only for type `oci`."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with credentials: username and password, or for type `oci` a login of the registry."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    timeout: meta.ShortDuration | None = None
    """Limit of fetching the index, or of one operation of the registry; a minute when absent."""
    type: Literal["default", "oci"] | None = None
    """What serves the charts: an index over HTTP (`default`, also when absent) or a registry (`oci`)."""
    url: Annotated[str, Field(pattern="^(http|https|oci)://.*$")]
    """Address of the repository; for type `oci` it begins with `oci://`."""


class HelmRepositoryStatus(meta.StatusModel):
    """The index that was fetched, and how it went."""

    artifact: Artifact | None = None
    """The index of the last successful fetch."""
    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    url: str | None = None
    """Address of the newest artifact; it stays the same from artifact to artifact."""


class HelmRepository(meta.APIObject):
    """A repository of Helm charts, whose index is made an artifact."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source.GROUP,
        version="v1",
        kind="HelmRepository",
        plural="helmrepositories",
        short_names=("helmrepo",),
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.Column(name="URL", json_path=".spec.url"),
            meta.AGE,
            meta.READY,
            meta.STATUS,
        ),
    )

    spec: HelmRepositorySpec
    """Where the charts are."""
    status: HelmRepositoryStatus = meta.crd_default(HelmRepositoryStatus(observed_generation=-1))
    """What was fetched."""
