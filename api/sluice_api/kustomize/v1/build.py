"""What a Kustomization says of the build: patches, images, metadata, substitution, decryption."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_api import meta


class Selector(meta.APIModel):
    """Which objects a rule is for; every given field must match, names as anchored expressions."""

    annotation_selector: str | None = None
    """Selector over annotations."""
    group: str | None = None
    """API group."""
    kind: str | None = None
    """Kind."""
    label_selector: str | None = None
    """Selector over labels."""
    name: str | None = None
    """Name."""
    namespace: str | None = None
    """Namespace."""
    version: str | None = None
    """API version."""


class Patch(meta.APIModel):
    """A strategic merge or JSON 6902 patch, and what it is for."""

    patch: str
    """The patch, as inline YAML."""
    target: Selector | None = None
    """The objects to patch; for a strategic merge patch the object it names when absent."""


class Image(meta.APIModel):
    """A change of an image's name, tag or digest."""

    digest: str | None = None
    """Digest to set; wins over the tag."""
    name: str
    """Image name as the manifests have it, without tag."""
    new_name: str | None = None
    """Name to set."""
    new_tag: str | None = None
    """Tag to set."""


class SubstituteReference(meta.APIModel):
    """A ConfigMap or Secret whose data are variables."""

    kind: Literal["Secret", "ConfigMap"]
    """Kind of the values."""
    name: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the values, in the same namespace."""
    optional: bool = meta.crd_default(False)
    """Whether it may be missing."""


class PostBuild(meta.APIModel):
    """Substitution of variables in the built manifests."""

    substitute: dict[str, str] | None = None
    """Variables and their values; they win over `substituteFrom`."""
    substitute_from: list[SubstituteReference] | None = None
    """Where more variables come from; later ones win."""
    substitute_strategy: Literal["WithVariables", "Always"] | None = None
    """Whether to substitute when there is no variable at all."""


class Decryption(meta.APIModel):
    """How to decrypt what the repository holds encrypted."""

    provider: Literal["sops"]
    """The format."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with the keys."""
    service_account_name: str | None = None
    """ServiceAccount to ask a key service as."""


class IgnoreRule(meta.APIModel):
    """Fields that are left alone after creation."""

    paths: list[str]
    """JSON pointers of the fields."""
    target: Selector | None = None
    """The objects the rule is for; all when absent."""
