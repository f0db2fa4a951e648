"""Bucket: the objects of a bucket in an object store."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta, source
from sluice_api.source.v1.artifact import Artifact

_RULES = (
    (
        "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
        "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    ),
    (
        "'aws' is the only supported STS provider for the 'aws' Bucket provider",
        "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    ),
    (
        "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
        "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    ),
    (
        "spec.sts.secretRef is not required for the 'aws' STS provider",
        "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    ),
    (
        "spec.sts.certSecretRef is not required for the 'aws' STS provider",
        "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    ),
    (
        "ServiceAccountName is not supported for the 'generic' Bucket provider",
        "self.provider != 'generic' || !has(self.serviceAccountName)",
    ),
    (
        "cannot set both .spec.secretRef and .spec.serviceAccountName",
        "!has(self.secretRef) || !has(self.serviceAccountName)",
    ),
)


class BucketSTSSpec(meta.APIModel):
    """The Security Token Service that lends credentials for a while."""

    cert_secret_ref: meta.LocalObjectReference | None = None
    """Secret with `ca.crt`, with `tls.crt` and `tls.key`, or with all three; only for ldap."""
    endpoint: Annotated[str, Field(pattern="^(http|https)://.*$")]
    """Address of the service."""
    provider: Literal["aws", "ldap"]
    """The kind of service: aws for the bucket provider aws, ldap for generic."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with username and password; only for ldap."""


class BucketSpec(meta.APIModel):
    """What to fetch, how often, and with which credentials."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [{"message": message, "rule": rule} for message, rule in _RULES],
        }
    )

    bucket_name: str
    """Name of the bucket."""
    cert_secret_ref: meta.LocalObjectReference | None = None
    """Secret with `ca.crt`, with `tls.crt` and `tls.key`, or with all three; only for the provider generic."""
    endpoint: str
    """Address of the object store."""
    ignore: str | None = None
    """Patterns of objects to leave out, in the format of .gitignore."""
    insecure: bool | None = None
    """Whether the object store is spoken to without TLS."""
    interval: meta.Duration
    """How often to look for changed objects."""
    prefix: str | None = None
    """What the keys of the fetched objects begin with; the server leaves out all others."""
    provider: Literal["generic", "aws", "gcp", "azure"] = meta.crd_default("generic")
    """The kind of object store; generic is anything that speaks S3."""
    proxy_secret_ref: meta.LocalObjectReference | None = None
    """Secret with the proxy to go through."""
    region: str | None = None
    """Region of the bucket."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with credentials, in the form of the provider; accesskey and secretkey for generic and aws."""
    service_account_name: str | None = None
    """ServiceAccount to authenticate as at the provider; not for generic."""
    sts: BucketSTSSpec | None = None
    """The service to get credentials from, for the providers aws and generic."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    timeout: meta.ShortDuration = meta.crd_default("60s")
    """Limit of one fetch."""


class BucketStatus(meta.StatusModel):
    """What was fetched, and how it went."""

    artifact: Artifact | None = None
    """The artifact of the last successful fetch."""
    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    observed_ignore: str | None = None
    """`spec.ignore` that the artifact was made with."""
    url: str | None = None
    """Address of the newest artifact; it stays the same from artifact to artifact."""


class Bucket(meta.APIObject):
    """A bucket of an object store, whose objects are made an artifact."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source.GROUP,
        version="v1",
        kind="Bucket",
        plural="buckets",
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.Column(name="Endpoint", json_path=".spec.endpoint"),
            meta.AGE,
            meta.READY,
            meta.STATUS,
        ),
    )

    spec: BucketSpec
    """What to fetch."""
    status: BucketStatus = meta.crd_default(BucketStatus(observed_generation=-1))
    """What was fetched."""
