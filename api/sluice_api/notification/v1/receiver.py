"""Receiver: a webhook that asks for reconciliations."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta, notification
from sluice_api.notification.references import CrossNamespaceObjectReference

Type = Literal[
    "generic",
    "generic-hmac",
    "generic-oidc",
    "github",
    "gitlab",
    "bitbucket",
    "harbor",
    "dockerhub",
    "quay",
    "gcr",
    "nexus",
    "acr",
    "cdevents",
]
_OIDC = "self.type == 'generic-oidc'"
_OTHER = "self.type != 'generic-oidc'"


def _rule(message: str, rule: str) -> dict[str, Any]:
    return {"message": message, "rule": rule}


class ReceiverResource(CrossNamespaceObjectReference):
    """What is reconciled when the webhook is called."""

    filter: str | None = None
    """CEL expression over `res` and `req` that says whether an object is; in place of `resourceFilter`."""


class OIDCVariable(meta.APIModel):
    """A value that validations may use, as `vars.<name>`."""

    expression: str
    """CEL expression over `claims`, and over the variables before it."""
    name: str
    """Name of the variable."""


class OIDCValidation(meta.APIModel):
    """What must hold of a token."""

    expression: str
    """CEL expression over `claims` and `vars`."""
    message: str
    """What is told when it does not hold."""


class OIDCProvider(meta.APIModel):
    """Whose tokens open the webhook."""

    audience: str | None = None
    """For whom tokens must be made; the webhook's own when absent."""
    issuer_url: Annotated[str, Field(alias="issuerURL", pattern="^https?://")]
    """Who makes the tokens."""
    validations: Annotated[list[OIDCValidation], Field(min_length=1)]
    """What must hold of a token."""
    variables: list[OIDCVariable] | None = None
    """Values that validations use."""


class ReceiverSpec(meta.APIModel):
    """Who may call, and what that wakes."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                _rule(
                    "generic-oidc receivers must define at least one oidcProvider",
                    f"{_OTHER} || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
                ),
                _rule(
                    "oidcProviders can only be set when type is generic-oidc",
                    f"{_OIDC} || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
                ),
                _rule("secretRef cannot be set when type is generic-oidc", f"{_OTHER} || !has(self.secretRef)"),
                _rule("secretRef is required when type is not generic-oidc", f"{_OIDC} || has(self.secretRef)"),
            ]
        }
    )

    events: list[str] | None = None
    """Which events of the service count; all when absent."""
    interval: meta.Duration = meta.crd_default("10m")
    """How often to reconcile the Receiver itself."""
    oidc_providers: Annotated[
        list[OIDCProvider] | None,
        Field(
            alias="oidcProviders",
            json_schema_extra={"x-kubernetes-list-map-keys": ["issuerURL"], "x-kubernetes-list-type": "map"},
        ),
    ] = None
    """Whose tokens open the webhook, for the type generic-oidc."""
    resource_filter: str | None = None
    """CEL expression over `res` and `req` that says whether an object is reconciled."""
    resources: list[ReceiverResource]
    """What is reconciled."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with the token that the service signs with, or shows."""
    suspend: bool | None = None
    """Whether calls are refused."""
    type: Type
    """Who calls."""


class ReceiverStatus(meta.StatusModel):
    """Where to call."""

    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    webhook_path: str | None = None
    """The path of the webhook: `/hook/` and a digest of token, name and namespace."""


class Receiver(meta.APIObject):
    """A webhook that asks for reconciliations."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=notification.GROUP,
        version="v1",
        kind="Receiver",
        plural="receivers",
        categories=("all", "fluxcd", "fluxcd-notifications"),
        columns=(meta.AGE, meta.READY, meta.STATUS),
    )

    spec: ReceiverSpec | None = None
    """Who may call."""
    status: ReceiverStatus = meta.crd_default(ReceiverStatus(observed_generation=-1))
    """Where to call."""
