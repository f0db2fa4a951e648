"""References from one object to another."""

from typing import ClassVar

from pydantic import ConfigDict

from sluice_api.meta.objects import APIModel


class LocalObjectReference(APIModel):
    """An object of the same namespace, by name."""

    name: str
    """Name of the referent."""


class SecretKeyReference(APIModel):
    """A key of a Secret of the same namespace."""

    name: str
    """Name of the Secret."""
    key: str | None = None
    """Key in the Secret; each user of the reference names its own default."""


class NamespacedObjectKindReference(APIModel):
    """An object of any kind; `namespace` defaults to the referrer's."""

    api_version: str | None = None
    """API version of the referent."""
    kind: str
    """Kind of the referent."""
    name: str
    """Name of the referent."""
    namespace: str | None = None
    """Namespace of the referent."""


_EXACTLY_ONE = "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified"


class KubeConfigReference(APIModel):
    """Where to find access to the cluster that objects are applied to."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                {"message": _EXACTLY_ONE, "rule": "has(self.configMapRef) || has(self.secretRef)"},
                {"message": _EXACTLY_ONE, "rule": "!has(self.configMapRef) || !has(self.secretRef)"},
            ]
        }
    )

    config_map_ref: LocalObjectReference | None = None
    """A ConfigMap with the provider, the cluster and its address, for access by workload identity."""
    secret_ref: SecretKeyReference | None = None
    """A Secret with a kubeconfig; the key defaults to `value`, then `value.yaml`."""
