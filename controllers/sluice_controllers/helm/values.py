"""What flows through the steps of one pass."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import ssa
from sluice.appliers.clusters import Cluster
from sluice.appliers.permitting import Asker
from sluice.helm.releases import naming
from sluice_api import helm, meta
from sluice_api.helm import v2 as helmv2
from sluice_api.source import v1 as sourcev1

REVISION: Final = f"{helm.GROUP}/revision"
TOKEN: Final = f"{helm.GROUP}/token"
APP_VERSION: Final = f"{helm.GROUP}/app-version"
OCI_DIGEST: Final = f"{helm.GROUP}/oci-digest"

_TIMEOUT: Final = 300.0


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The chart of a pass."""

    artifact: sourcev1.Artifact
    metadata: Mapping[str, Any]
    """What `Chart.yaml` says, its version with the digest of the source in it where Flux puts that there."""
    oci_digest: str = ""
    """The digest of the source, if it is of a kind that has one."""
    package: pathlib.Path | None = None
    """Where it lies packed; None until somebody has to read it."""

    @property
    def name(self) -> str:
        """The name of the chart."""
        return str(self.metadata.get("name") or "")

    @property
    def version(self) -> str:
        """The version that is released."""
        return str(self.metadata.get("version") or "")

    @property
    def app_version(self) -> str:
        """The version of what is in it."""
        return str(self.metadata.get("appVersion") or "")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One pass over one HelmRelease, as far as it has come."""

    obj: helmv2.HelmRelease
    status: helmv2.HelmReleaseStatus = field(repr=False)
    """The status as it was when the pass began."""
    cluster: Cluster = field(repr=False)
    """Where it is released to; the controller's own cluster until that is known."""
    actor: str = ""
    """The user in whose name it is released; "" is the controller itself."""
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The object that has the chart, as the API serves it."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Over the chart's own."""
    config_digest: str = ""
    """The digest of the values."""
    chart: Chart | None = None
    renewed: bool = False
    """Whether something else is tried than in the last pass."""

    @property
    def spec(self) -> helmv2.HelmReleaseSpec:
        """What is wanted."""
        assert self.obj.spec is not None
        return self.obj.spec

    @property
    def owner(self) -> ssa.Owner:
        """What the HelmChart and the released objects are labelled with."""
        return ssa.Owner(namespace=self.obj.metadata.namespace, name=self.obj.metadata.name)

    @property
    def release_name(self) -> str:
        """The release in Helm's storage."""
        return release_name(self.obj)

    @property
    def release_namespace(self) -> str:
        """Where it is released to."""
        return self.spec.target_namespace or self.obj.metadata.namespace

    @property
    def storage_namespace(self) -> str:
        """Where Helm's storage is."""
        return self.spec.storage_namespace or self.obj.metadata.namespace

    @property
    def asker(self) -> Asker:
        """Who wants to see objects that are not its own."""
        return Asker(owner=self.owner, generation=self.obj.metadata.generation, actor=self.actor, cluster=self.cluster)


def release_name(obj: helmv2.HelmRelease) -> str:
    """The name of a HelmRelease's release."""
    assert obj.spec is not None
    return naming.release_name(
        obj.metadata.name, release=obj.spec.release_name or "", target_namespace=obj.spec.target_namespace or ""
    )


def interval(spec: helmv2.HelmReleaseSpec) -> float:
    """Seconds between routine passes."""
    return meta.parse_duration(spec.interval)


def timeout(spec: helmv2.HelmReleaseSpec, of: str = "") -> float:
    """Seconds that an action may take, and each of its hooks; `of` is its part of the spec."""
    own = getattr(getattr(spec, of, None), "timeout", None)
    given = own or spec.timeout
    return meta.parse_duration(given) if given else _TIMEOUT


def event_metadata(version: str, token: str, *, app_version: str = "", oci_digest: str = "") -> dict[str, str]:
    """The metadata of an event about a chart of this version and values of this digest."""
    found = {REVISION: version, TOKEN: token, APP_VERSION: app_version, OCI_DIGEST: oci_digest}
    return {key: value for key, value in found.items() if value}
