"""What state a release is in: every row of what Flux's helm-controller tells apart."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from sluice.helm.releases import digests
from sluice.helm.releases.records import Info, Release
from sluice_api.helm.v2 import HelmReleaseSpec, HelmReleaseStatus
from sluice_controllers.helm import states
from sluice_controllers.helm.states import Standing, Wanted

VALUES = {"replicas": 2}
CHART = {"metadata": {"name": "web", "version": "1.0.0", "apiVersion": "v2"}}
STORED = Release(name="web", namespace="apps", version=3, info=Info(status="deployed"), chart=CHART, config=VALUES)


def stored(status: str = "deployed", **changes: Any) -> Release:
    return dataclasses.replace(STORED, info=Info(status=status), **changes)


def snapshot(release: Release = STORED, **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v2",
        "name": release.name,
        "namespace": release.namespace,
        "version": release.version,
        "status": release.info.status,
        "chartName": "web",
        "chartVersion": "1.0.0",
        "configDigest": digests.of_values(VALUES),
        "digest": digests.of_release(release),
        "firstDeployed": "2026-01-01T00:00:00Z",
        "lastDeployed": "2026-01-01T00:00:00Z",
        **fields,
    }


def status(*history: dict[str, Any], **fields: Any) -> HelmReleaseStatus:
    return HelmReleaseStatus.model_validate({"history": list(history), **fields})


def wanted(spec: dict[str, Any] | None = None, **changes: Any) -> Wanted:
    made = HelmReleaseSpec.model_validate(
        {"interval": "1m", "chartRef": {"kind": "HelmChart", "name": "w"}, **(spec or {})}
    )
    given = {"chart_name": "web", "chart_version": "1.0.0", "values": VALUES, "is_new": False, **changes}
    return Wanted(spec=made, **given)


RENDERED = {"postRenderers": [{"kustomize": {"images": [{"name": "a", "newTag": "1"}]}}]}
LABELLED = {"commonMetadata": {"labels": {"a": "b"}}}
TESTED = {"test": {"enable": True}}
FAILED_TEST = snapshot(testHooks={"t": {"phase": "Failed"}})

ROWS: dict[str, tuple[Release | None, HelmReleaseStatus, Wanted, Standing, str]] = {
    "nothing in the storage": (None, status(), wanted(), Standing.ABSENT, "no release in storage for object"),
    "nothing in the storage of what is remembered": (
        None,
        status(snapshot()),
        wanted(),
        Standing.ABSENT,
        "no release in storage for object",
    ),
    "an install under way": (
        stored("pending-install"),
        status(),
        wanted(),
        Standing.LOCKED,
        "release with status 'pending-install'",
    ),
    "a rollback under way": (
        stored("pending-rollback"),
        status(snapshot()),
        wanted(),
        Standing.LOCKED,
        "release with status 'pending-rollback'",
    ),
    "somebody else's": (stored(), status(), wanted(), Standing.UNMANAGED, "found existing release in storage"),
    "somebody else's, uninstalled": (
        stored("uninstalled"),
        status(),
        wanted(),
        Standing.ABSENT,
        "found uninstalled release in storage",
    ),
    "one that somebody has upgraded": (
        stored(version=4),
        status(snapshot()),
        wanted(),
        Standing.UNMANAGED,
        "release not observed to be made for object",
    ),
    "one that somebody has changed in place": (
        stored(manifest="changed"),
        status(snapshot()),
        wanted(),
        Standing.UNMANAGED,
        "release not observed to be made for object",
    ),
    "one with a digest that is none": (
        stored(),
        status(snapshot(digest="md4")),
        wanted(),
        Standing.UNMANAGED,
        "release digest verification error",
    ),
    "one remembered by an older version is taken at its word": (
        stored(manifest="changed"),
        status(snapshot(apiVersion=None, digest="")),
        wanted(),
        Standing.IN_SYNC,
        "",
    ),
    "one of which the chart came from a registry": (
        stored(),
        status(snapshot(ociDigest="sha256:1", digest=digests.of_release(STORED, oci_digest="sha256:1"))),
        wanted(),
        Standing.IN_SYNC,
        "",
    ),
    "one with a digest of another algorithm": (
        stored(),
        status(snapshot(digest=digests.of_release(STORED, algorithm="sha512"))),
        wanted(),
        Standing.IN_SYNC,
        "",
    ),
    "a failure": (stored("failed"), status(snapshot(stored("failed"))), wanted(), Standing.FAILED, ""),
    "uninstalled": (
        stored("uninstalled"),
        status(snapshot(stored("uninstalled"))),
        wanted(),
        Standing.ABSENT,
        "found uninstalled release in storage",
    ),
    "another chart": (
        stored(),
        status(snapshot()),
        wanted(chart_name="api"),
        Standing.OUT_OF_SYNC,
        "release chart changed",
    ),
    "another version of the chart": (
        stored(),
        status(snapshot()),
        wanted(chart_version="1.0.1"),
        Standing.OUT_OF_SYNC,
        "release chart changed",
    ),
    "other values": (
        stored(),
        status(snapshot()),
        wanted(values={}),
        Standing.OUT_OF_SYNC,
        "release config values changed",
    ),
    "other post-renderers": (
        stored(),
        status(snapshot()),
        wanted(RENDERED, is_new=True),
        Standing.OUT_OF_SYNC,
        "postrenderers digest has changed",
    ),
    "other post-renderers in a generation that was handled": (
        stored(),
        status(snapshot()),
        wanted(RENDERED),
        Standing.IN_SYNC,
        "",
    ),
    "post-renderers no more": (
        stored(),
        status(snapshot(), observedPostRenderersDigest="sha256:1"),
        wanted(is_new=True),
        Standing.OUT_OF_SYNC,
        "postrenderers digest has changed",
    ),
    "other labels": (
        stored(),
        status(snapshot()),
        wanted(LABELLED, is_new=True),
        Standing.OUT_OF_SYNC,
        "common metadata digest has changed",
    ),
    "the same labels": (
        stored(),
        status(snapshot(), observedCommonMetadataDigest=digests.of_spec({"labels": {"a": "b"}})),
        wanted(LABELLED, is_new=True),
        Standing.IN_SYNC,
        "",
    ),
    "not tested": (stored(), status(snapshot()), wanted(TESTED), Standing.UNTESTED, ""),
    "tests under way": (
        stored(),
        status(snapshot(testHooks={"t": {"phase": "Running"}, "u": {"phase": "Succeeded"}})),
        wanted(TESTED),
        Standing.UNTESTED,
        "",
    ),
    "no tests to run": (stored(), status(snapshot(testHooks={})), wanted(TESTED), Standing.IN_SYNC, ""),
    "tested": (
        stored(),
        status(snapshot(testHooks={"t": {"phase": "Succeeded"}}), lastAttemptedReleaseAction="install"),
        wanted(TESTED),
        Standing.IN_SYNC,
        "",
    ),
    "a test that failed": (
        stored(),
        status(FAILED_TEST, lastAttemptedReleaseAction="upgrade"),
        wanted(TESTED),
        Standing.FAILED,
        "release has test in failed phase",
    ),
    "a test that failed of nothing that was tried": (
        stored(),
        status(FAILED_TEST),
        wanted(TESTED),
        Standing.IN_SYNC,
        "",
    ),
    "a test that may fail": (
        stored(),
        status(FAILED_TEST, lastAttemptedReleaseAction="upgrade"),
        wanted({"test": {"enable": True, "ignoreFailures": True}}),
        Standing.IN_SYNC,
        "",
    ),
    "a test that may not fail of upgrades": (
        stored(),
        status(FAILED_TEST, lastAttemptedReleaseAction="upgrade"),
        wanted(
            {
                "test": {"enable": True, "ignoreFailures": True},
                "upgrade": {"remediation": {"ignoreTestFailures": False}},
            }
        ),
        Standing.FAILED,
        "release has test in failed phase",
    ),
    "in sync": (stored(), status(snapshot()), wanted(), Standing.IN_SYNC, ""),
    "in sync with the newest of many": (
        stored(),
        status(snapshot(stored(version=2)), snapshot()),
        wanted(),
        Standing.IN_SYNC,
        "",
    ),
}


@pytest.mark.parametrize(("last", "remembered", "wish", "standing", "reason"), ROWS.values(), ids=ROWS)
def test_a_release_stands(
    last: Release | None, remembered: HelmReleaseStatus, wish: Wanted, standing: Standing, reason: str
) -> None:
    assert states.determine(last, remembered, wish) == states.State(standing, reason)


@pytest.mark.parametrize("found", ["superseded", "uninstalling", "unknown"])
def test_nothing_is_made_of_what_something_else_is_at_work_on(found: str) -> None:
    release = stored(found)
    with pytest.raises(states.StateError, match=f"unable to determine state for release with status '{found}'"):
        states.determine(release, status(snapshot(release)), wanted())
