"""OCIRepository: an artifact in a container registry, and which of its tags or digests to pull."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_api import meta, source
from sluice_api.source.v1.artifact import Artifact
from sluice_api.source.v1.verification import OCIRepositoryVerification


class OCIRepositoryRef(meta.APIModel):
    """What to pull: digest before semver and tag."""

    digest: str | None = None
    """Digest to pull, as `sha256:<hex>`."""
    semver: str | None = None
    """Range of versions; the newest tag within it is pulled."""
    semver_filter: str | None = None
    """Regular expression, in Go's syntax, that tags must match to be looked at for `semver`."""
    tag: str | None = None
    """Tag to pull; `latest` when no field is set."""


class OCILayerSelector(meta.APIModel):
    """Which layer to take, and what to make of it."""

    media_type: str | None = None
    """Media type of the layer; the first that has it is taken, and the first of all when absent."""
    operation: Literal["extract", "copy"] | None = None
    """Whether the layer is unpacked (`extract`, also when absent) or stored as it is (`copy`)."""


class OCIRepositorySpec(meta.APIModel):
    """What to pull, how often, and with which credentials."""

    cert_secret_ref: meta.LocalObjectReference | None = None
    """Secret with `ca.crt`, with `tls.crt` and `tls.key`, or with all three."""
    ignore: str | None = None
    """Patterns of files to leave out, in the format of .gitignore; replaces the default set."""
    insecure: bool | None = None
    """Whether the registry is spoken to without TLS."""
    interval: meta.Duration
    """How often to look for a new revision."""
    layer_selector: OCILayerSelector | None = None
    """Which layer to take; the first one, unpacked, when absent."""
    provider: Literal["generic", "aws", "azure", "gcp"] = meta.crd_default("generic")
    """How to authenticate."""
    proxy_secret_ref: meta.LocalObjectReference | None = None
    """Secret with the proxy to go through."""
    ref: OCIRepositoryRef | None = None
    """What to pull; the tag `latest` when absent."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret of type kubernetes.io/dockerconfigjson with a login of the registry."""
    service_account_name: str | None = None
    """ServiceAccount whose pull secrets to use, or as which to authenticate at the provider."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    timeout: meta.ShortDuration = meta.crd_default("60s")
    """Limit of one operation of the registry."""
    url: Annotated[str, Field(pattern="^oci://.*$")]
    """Address of the repository, without a tag."""
    verify: OCIRepositoryVerification | None = None
    """Which signatures to require."""


class OCIRepositoryStatus(meta.StatusModel):
    """What was pulled, and how it went."""

    artifact: Artifact | None = None
    """The artifact of the last successful pull."""
    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    observed_ignore: str | None = None
    """`spec.ignore` that the artifact was made with."""
    observed_layer_selector: OCILayerSelector | None = None
    """`spec.layerSelector` that the artifact was made with."""
    url: str | None = None
    """Address of the newest artifact; it stays the same from artifact to artifact."""


class OCIRepository(meta.APIObject):
    """An artifact of a container registry, whose content is made an artifact here."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source.GROUP,
        version="v1",
        kind="OCIRepository",
        plural="ocirepositories",
        short_names=("ocirepo",),
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.Column(name="URL", json_path=".spec.url"),
            meta.READY,
            meta.STATUS,
            meta.AGE,
        ),
    )

    spec: OCIRepositorySpec
    """What to pull."""
    status: OCIRepositoryStatus = meta.crd_default(OCIRepositoryStatus(observed_generation=-1))
    """What was pulled."""
