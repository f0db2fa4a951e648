"""Which signatures what comes from a registry must carry."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta


class OIDCIdentityMatch(meta.APIModel):
    """The identity of a signer without a key, as the certificate of its signature states it."""

    issuer: str
    """Regular expression, in Go's syntax, over the issuer of the identity."""
    subject: str
    """Regular expression, in Go's syntax, over the subject of the identity."""


class HelmChartVerification(meta.APIModel):
    """How the signature of a chart is checked."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"required": ["provider"]})

    match_oidc_identity: Annotated[list[OIDCIdentityMatch] | None, Field(alias="matchOIDCIdentity")] = None
    """Who may have signed without a key; one that matches is enough. Only for cosign."""
    provider: Literal["cosign", "notation"] = meta.crd_default("cosign")
    """The tool that made the signature."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with the trusted public keys; for notation, with the certificates and the trust policy."""


class OCIRepositoryVerification(HelmChartVerification):
    """How the signature of an OCI artifact is checked."""

    trusted_root_secret_ref: meta.LocalObjectReference | None = None
    """Secret with Sigstore's `trusted_root.json`, for signatures without a key by a Sigstore of one's own."""
