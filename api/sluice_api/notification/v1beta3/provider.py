"""Provider: somewhere that events are told."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta, notification

Type = Literal[
    "slack",
    "discord",
    "msteams",
    "rocket",
    "generic",
    "generic-hmac",
    "github",
    "gitlab",
    "gitea",
    "giteapullrequestcomment",
    "bitbucketserver",
    "bitbucket",
    "azuredevops",
    "googlechat",
    "googlepubsub",
    "webex",
    "sentry",
    "azureeventhub",
    "telegram",
    "lark",
    "matrix",
    "opsgenie",
    "alertmanager",
    "grafana",
    "githubdispatch",
    "githubpullrequestcomment",
    "gitlabmergerequestcomment",
    "pagerduty",
    "datadog",
    "nats",
    "zulip",
    "otel",
    "zoom",
    "incident.io",
]
_WITH_STATUS = ("github", "gitlab", "gitea", "bitbucketserver", "bitbucket", "azuredevops")
_ONE_OF_THEM = " || ".join(f"self.type == '{each}'" for each in _WITH_STATUS)
_NAMED = ", ".join(f"'{each}'" for each in _WITH_STATUS)
_Text = Annotated[str, Field(max_length=2048)]


class ProviderSpec(meta.APIModel):
    """Where events are told, and how to get in."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                {
                    "message": f"spec.commitStatusExpr is only supported for the {_NAMED} provider types",
                    "rule": f"{_ONE_OF_THEM} || !has(self.commitStatusExpr)",
                }
            ]
        }
    )

    address: _Text | None = None
    """Where it is: an address in the form that the type asks for."""
    cert_secret_ref: meta.LocalObjectReference | None = None
    """Secret with the certificates for TLS: `ca.crt`, or `tls.crt` and `tls.key`, or all three."""
    channel: _Text | None = None
    """The channel, room, project or topic there."""
    commit_status_expr: str | None = None
    """CEL expression over `event`, `alert` and `provider` that names the commit status."""
    interval: meta.Duration | None = None
    """No longer read."""
    proxy: Annotated[str, Field(max_length=2048, pattern=r"^(http|https)://.*$")] | None = None
    """The proxy to ask through; a Secret is the better place."""
    proxy_secret_ref: meta.LocalObjectReference | None = None
    """Secret with the proxy to ask through: `address`, and `username` and `password` where it wants them."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with the login, in the form that the type asks for."""
    service_account_name: str | None = None
    """ServiceAccount to be there, for clouds that know it."""
    suspend: bool | None = None
    """No longer read."""
    timeout: meta.ShortDuration | None = None
    """Limit of one try."""
    type: Type
    """What it is."""
    username: _Text | None = None
    """Name to show as the sender."""


class Provider(meta.APIObject):
    """Somewhere that events are told."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=notification.GROUP,
        version="v1beta3",
        kind="Provider",
        plural="providers",
        categories=("all", "fluxcd", "fluxcd-notifications"),
        columns=(meta.AGE,),
    )

    spec: ProviderSpec | None = None
    """Where."""
