"""Kustomization: what to build from a source, and how to keep it applied."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_api import kustomize, meta
from sluice_api.kustomize.v1 import build, readiness, state


class KustomizationSpec(meta.APIModel):
    """What to build, where to apply it, and what to wait for."""

    build_metadata: list[Literal["originAnnotations", "transformerAnnotations"]] | None = None
    """Which annotations the build adds on where objects come from."""
    common_metadata: meta.CommonMetadata | None = None
    """Labels and annotations for every object."""
    components: list[str] | None = None
    """Kustomize components to add, relative to `path`."""
    decryption: build.Decryption | None = None
    """How to decrypt Secrets."""
    deletion_policy: Literal["MirrorPrune", "Delete", "WaitForTermination", "Orphan"] | None = None
    """What becomes of the applied objects when this one is deleted; MirrorPrune when absent."""
    depends_on: list[readiness.DependencyReference] | None = None
    """Kustomizations that must be ready first."""
    force: bool = meta.crd_default(False)
    """Whether to recreate objects whose immutable fields change."""
    health_check_exprs: list[readiness.CustomHealthCheck] | None = None
    """How to judge the health of custom kinds."""
    health_checks: list[meta.NamespacedObjectKindReference] | None = None
    """Objects whose health is part of readiness; the API version defaults to apps/v1."""
    ignore: list[build.IgnoreRule] | None = None
    """Fields that are left alone after creation."""
    ignore_missing_components: bool | None = None
    """Whether components that do not exist are left out."""
    images: list[build.Image] | None = None
    """Images to change."""
    interval: meta.Duration
    """How often to reconcile."""
    kube_config: meta.KubeConfigReference | None = None
    """Access to another cluster to apply to."""
    name_prefix: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Prefix for every name."""
    name_suffix: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Suffix for every name."""
    patches: list[build.Patch] | None = None
    """Patches to apply."""
    path: str | None = None
    """Directory within the source; its root when absent."""
    post_build: build.PostBuild | None = None
    """Substitution of variables."""
    prune: bool
    """Whether objects that left the source are deleted."""
    retry_interval: meta.Duration | None = None
    """How long to wait after a failure; `interval` when absent."""
    service_account_name: str | None = None
    """ServiceAccount to apply as."""
    source_ref: readiness.CrossNamespaceSourceReference
    """Where the manifests come from."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    target_namespace: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Namespace for every namespaced object."""
    timeout: meta.Duration | None = None
    """Limit of builds, applies and health checks; `interval` when absent."""
    wait: bool | None = None
    """Whether readiness includes the health of every applied object."""


class KustomizationStatus(meta.StatusModel):
    """What was applied, and how it went."""

    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    history: list[state.Snapshot] | None = None
    """The last states, newest first."""
    inventory: state.ResourceInventory | None = None
    """The objects that were applied."""
    last_applied_origin_revision: str | None = None
    """Origin revision of what was last applied."""
    last_applied_revision: str | None = None
    """Revision that was last applied in full."""
    last_attempted_revision: str | None = None
    """Revision of the last attempt."""


class Kustomization(meta.APIObject):
    """A path of a source, kept applied to a cluster."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=kustomize.GROUP,
        version="v1",
        kind="Kustomization",
        plural="kustomizations",
        short_names=("ks",),
        categories=("all", "fluxcd", "fluxcd-appliers"),
        columns=(
            meta.AGE,
            meta.READY,
            meta.STATUS,
        ),
    )

    spec: KustomizationSpec
    """What to apply."""
    status: KustomizationStatus = meta.crd_default(KustomizationStatus(observed_generation=-1))
    """What was applied."""
