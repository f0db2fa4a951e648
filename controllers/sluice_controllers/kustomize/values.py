"""What flows through the steps of one pass."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import kube, ssa
from sluice.appliers.clusters import Cluster
from sluice.appliers.permitting import Asker
from sluice.appliers.sources import SourceKey
from sluice_api import kustomize, meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_api.source import v1 as sourcev1
from sluice_controllers.kustomize import builds, decrypting

SUCCEEDED: Final = names.RECONCILIATION_SUCCEEDED
FAILED: Final = names.RECONCILIATION_FAILED
ARTIFACT_FAILED: Final = "ArtifactFailed"
BUILD_FAILED: Final = "BuildFailed"
PRUNE_FAILED: Final = "PruneFailed"
HEALTH_CHECK_FAILED: Final = "HealthCheckFailed"

REVISION: Final = f"{kustomize.GROUP}/revision"
ORIGIN_REVISION: Final = f"{kustomize.GROUP}/originRevision"
COMMIT_STATUS: Final = f"{kustomize.GROUP}/commit_status"

_ORIGIN_ANNOTATION: Final = "org.opencontainers.image.revision"
_LEAST_TIMEOUT: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Built:
    """The objects of one build, ready to apply."""

    digest: str
    """Digest of the manifests, as the history keeps it."""
    objects: tuple[kube.Object, ...] = field(repr=False)
    encrypted: tuple[str, ...] = ()
    """Secrets that are still encrypted."""
    changed: tuple[str, ...] = ()
    """What was changed after it had been encrypted."""
    remote: bool = False
    """Whether some of it came from elsewhere than the source."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One pass over one Kustomization, as far as it has come."""

    obj: kustomizev1.Kustomization
    status: Mapping[str, Any] = field(repr=False)
    """The status as it was when the pass began."""
    cluster: Cluster = field(repr=False)
    """Where the objects belong; the controller's own cluster until that is known."""
    actor: str = ""
    """The user in whose name objects are applied; "" is the controller itself."""
    artifact: sourcev1.Artifact | None = None
    folder: pathlib.Path | None = None
    """Where the artifact is unpacked."""
    path: str = "."
    """The folder to build, relative to `folder`."""
    substitution: builds.Substitution | None = None
    decryption: decrypting.Decryption | None = None
    built: Built | None = None
    changes: ssa.ChangeSet = field(default_factory=ssa.ChangeSet)

    @property
    def spec(self) -> kustomizev1.KustomizationSpec:
        """What is wanted."""
        return self.obj.spec

    @property
    def owner(self) -> ssa.Owner:
        """What the applied objects are labelled with."""
        return ssa.Owner(namespace=self.obj.metadata.namespace, name=self.obj.metadata.name)

    @property
    def source(self) -> SourceKey:
        """Where the manifests come from."""
        return source_of(self.obj)

    @property
    def revision(self) -> str:
        """Revision of the artifact; "" before there is one."""
        return self.artifact.revision if self.artifact else ""

    @property
    def origin_revision(self) -> str:
        """Revision that the artifact's origin was made from, for OCI artifacts that say so."""
        return ((self.artifact.metadata or {}) if self.artifact else {}).get(_ORIGIN_ANNOTATION, "")

    @property
    def metadata(self) -> dict[str, str]:
        """Metadata of every event of the run."""
        found = {REVISION: self.revision, ORIGIN_REVISION: self.origin_revision}
        return {key: value for key, value in found.items() if value}

    @property
    def asker(self) -> Asker:
        """Who wants to see objects that are not its own."""
        return Asker(
            owner=self.owner,
            generation=self.obj.metadata.generation,
            actor=self.actor,
            cluster=self.cluster,
            metadata=self.metadata,
        )

    @property
    def inventory(self) -> ssa.Inventory:
        """The inventory as it was when the pass began."""
        return ssa.Inventory.from_status(self.status.get("inventory"))

    @property
    def is_new_revision(self) -> bool:
        """Whether the artifact is another one than was last applied in full."""
        return self.revision != self.status.get("lastAppliedRevision")


def source_of(obj: kustomizev1.Kustomization) -> SourceKey:
    """The source that a Kustomization refers to."""
    ref = obj.spec.source_ref
    return SourceKey(kind=ref.kind, namespace=ref.namespace or obj.metadata.namespace, name=ref.name)


def is_home(ref: kube.ObjectRef, *, namespace: str, name: str) -> bool:
    """Whether a Kustomization would go with the object: it is the object, or the object is its namespace."""
    itself = (kustomize.GROUP, "Kustomization", namespace, name)
    return (ref.group, ref.kind, ref.namespace, ref.name) in (itself, ("", "Namespace", "", namespace))


def interval(obj: kustomizev1.Kustomization) -> float:
    """Seconds between routine passes."""
    return meta.parse_duration(obj.spec.interval)


def retry_interval(obj: kustomizev1.Kustomization) -> float:
    """Seconds until another try after a failure."""
    return meta.parse_duration(obj.spec.retry_interval or obj.spec.interval)


def timeout(obj: kustomizev1.Kustomization) -> float:
    """Seconds that waits may take: by default half a minute less than the interval, never less than half a minute."""
    given = obj.spec.timeout
    return max(meta.parse_duration(given) if given else interval(obj) - _LEAST_TIMEOUT, _LEAST_TIMEOUT)


def stage(doing: str, run: Run) -> str:
    """Progress in Flux's words, such as `Building manifests for revision … with a timeout of …`."""
    return f"{doing} for revision {run.revision} with a timeout of {meta.format_duration(timeout(run.obj))}"


def source_named_in(obj: kube.Object) -> SourceKey:
    """The source of a Kustomization as the API serves it."""
    ref = obj["spec"]["sourceRef"]
    namespace = ref.get("namespace") or obj["metadata"]["namespace"]
    return SourceKey(kind=ref["kind"], namespace=namespace, name=ref["name"])
