"""What state a release is in: what Helm's storage has, held against what the HelmRelease says and remembers."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice.helm.releases import digests
from sluice.helm.releases.records import Release
from sluice_api.helm.v2 import HelmReleaseSpec, HelmReleaseStatus, Snapshot
from sluice_controllers.helm import histories, remedies

_PENDING: Final = frozenset(("pending-install", "pending-upgrade", "pending-rollback"))


class Standing(enum.Enum):
    """How a release stands."""

    ABSENT = "Absent"
    UNMANAGED = "Unmanaged"
    """It is there, and not as it was left."""
    OUT_OF_SYNC = "OutOfSync"
    DRIFTED = "Drifted"
    LOCKED = "Locked"
    """Somebody began something and has not ended it."""
    UNTESTED = "Untested"
    IN_SYNC = "InSync"
    FAILED = "Failed"


@dataclass(frozen=True)
class State:
    """How a release stands, and why."""

    standing: Standing
    reason: str = ""


class StateError(Exception):
    """The storage has what nothing can be made of; the text is Flux's."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What there is to be."""

    spec: HelmReleaseSpec
    chart_name: str
    chart_version: str
    values: Mapping[str, Any] = field(repr=False)
    is_new: bool
    """Whether the HelmRelease has changed since it was last handled in full."""


def determine(last: Release | None, status: HelmReleaseStatus, wanted: Wanted) -> State:
    """How the release stands, but for drift, of which `IN_SYNC` says nothing. `last` is the newest in the storage.

    Raises:
        StateError: its status says that something else is at work.
    """
    if last is None:
        return State(Standing.ABSENT, "no release in storage for object")
    if last.info.status in _PENDING:
        return State(Standing.LOCKED, f"release with status '{last.info.status}'")
    history = histories.ordered(status.history or ())
    if not history:
        if last.info.status == "uninstalled":
            return State(Standing.ABSENT, "found uninstalled release in storage")
        return State(Standing.UNMANAGED, "found existing release in storage")
    if strangeness := mismatch(history[0], last):
        return State(Standing.UNMANAGED, strangeness)
    match last.info.status:
        case "failed":
            return State(Standing.FAILED)
        case "uninstalled":
            return State(Standing.ABSENT, "found uninstalled release in storage")
        case "deployed":
            return _deployed(last, history[0], status, wanted)
        case _:
            raise StateError(f"unable to determine state for release with status '{last.info.status}'")


def mismatch(snapshot: Snapshot, release: Release) -> str:
    """Why the release is not the one that is remembered; empty if it is."""
    if (snapshot.name, snapshot.namespace, snapshot.version) != (release.name, release.namespace, release.version):
        return "release not observed to be made for object"
    if snapshot.api_version != histories.CURRENT:
        return ""
    algorithm, _, rest = snapshot.digest.partition(":")
    try:
        found = digests.of_release(release, oci_digest=snapshot.oci_digest or "", algorithm=algorithm)
    except ValueError:
        return "release digest verification error"
    if not rest:
        return "release digest verification error"
    return "" if found == snapshot.digest else "release not observed to be made for object"


def _deployed(last: Release, snapshot: Snapshot, status: HelmReleaseStatus, wanted: Wanted) -> State:
    if change := _change(last, snapshot, wanted) or (_rendering(status, wanted.spec) if wanted.is_new else ""):
        return State(Standing.OUT_OF_SYNC, change)
    test = wanted.spec.test
    if test and test.enable:
        if not histories.is_tested(snapshot):
            return State(Standing.UNTESTED)
        remedy = remedies.active(wanted.spec, status)
        if remedy and not remedy.ignore_tests and histories.has_failed_test(snapshot):
            return State(Standing.FAILED, "release has test in failed phase")
    return State(Standing.IN_SYNC)


def _change(last: Release, snapshot: Snapshot, wanted: Wanted) -> str:
    """What has changed of chart and values."""
    metadata = last.metadata
    if (metadata.get("name", ""), metadata.get("version", "")) != (wanted.chart_name, wanted.chart_version):
        return "release chart changed"
    algorithm = snapshot.config_digest.partition(":")[0]
    try:
        found = digests.of_values(wanted.values, algorithm)
    except ValueError:
        found = ""
    return "" if found == snapshot.config_digest else "release config values changed"


def _rendering(status: HelmReleaseStatus, spec: HelmReleaseSpec) -> str:
    """What has changed of what is done to rendered objects."""
    renderers = None if spec.post_renderers is None else [_plain(each) for each in spec.post_renderers]
    if digests.of_spec(renderers) != (status.observed_post_renderers_digest or ""):
        return "postrenderers digest has changed"
    common = None if spec.common_metadata is None else _plain(spec.common_metadata)
    if digests.of_spec(common) != (status.observed_common_metadata_digest or ""):
        return "common metadata digest has changed"
    return ""


def _plain(value: Any) -> Any:
    return value.model_dump(by_alias=True, exclude_none=True)
