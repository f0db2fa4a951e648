"""What the status remembers of releases that were written."""

from __future__ import annotations

import dataclasses
from typing import Any

from sluice.helm.releases import digests
from sluice.helm.releases.records import Hook, HookRun, Info, Release
from sluice_api.helm.v2 import Filter, Snapshot
from sluice_controllers.helm import snapshots

INFO = Info(
    status="deployed", first_deployed="2026-01-02T05:04:05.123456789+02:00", last_deployed="2026-01-02T03:05:05Z"
)
CHART = {"metadata": {"name": "web", "version": "1.0.0", "appVersion": "7", "apiVersion": "v2"}}
FIRST = Release(name="web", namespace="apps", version=1, info=INFO, chart=CHART, config={"a": 1})
SECOND = dataclasses.replace(FIRST, version=2)


def as_status(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.model_dump(by_alias=True, exclude_none=True)


def test_a_snapshot_has_the_digests_and_seconds() -> None:
    assert as_status(snapshots.of(FIRST, action="install", oci_digest="sha256:1")) == {
        "apiVersion": "v2",
        "digest": digests.of_release(FIRST, oci_digest="sha256:1"),
        "name": "web",
        "namespace": "apps",
        "version": 1,
        "status": "deployed",
        "action": "install",
        "chartName": "web",
        "chartVersion": "1.0.0",
        "appVersion": "7",
        "configDigest": digests.of_values({"a": 1}),
        "firstDeployed": "2026-01-02T03:04:05Z",
        "lastDeployed": "2026-01-02T03:05:05Z",
        "ociDigest": "sha256:1",
    }


def test_a_new_release_comes_first_and_once() -> None:
    history = snapshots.added((), FIRST, action="install", oci_digest=None)
    history = snapshots.added(history, SECOND, action="upgrade", oci_digest=None)
    history = snapshots.added(history, SECOND, action="upgrade", oci_digest=None)
    assert [(each.version, each.action) for each in history] == [(2, "upgrade"), (1, "install")]


def test_a_release_that_changes_keeps_what_only_the_status_knows() -> None:
    tested = dataclasses.replace(FIRST, hooks=(Hook(name="t", events=("test",)),))
    history = snapshots.added((), tested, action="install", oci_digest="sha256:1")
    history = snapshots.with_tests(history, tested)
    superseded = dataclasses.replace(tested, info=dataclasses.replace(INFO, status="superseded"))
    (found,) = snapshots.refreshed(history, superseded)
    assert (found.status, found.action, found.oci_digest) == ("superseded", "install", "sha256:1")
    assert found.test_hooks == history[0].test_hooks
    assert found.digest == digests.of_release(superseded, oci_digest="sha256:1")


def test_a_release_that_is_not_remembered_is_not_taken_up() -> None:
    history = snapshots.added((), FIRST, action="install", oci_digest=None)
    assert snapshots.refreshed(history, SECOND) == history
    assert snapshots.with_tests(history, SECOND) == history


def test_results_of_tests_are_those_that_the_filters_leave() -> None:
    run = HookRun(started_at="2026-01-02T03:04:05.5Z", completed_at="2026-01-02T03:04:06.5Z", phase="Succeeded")
    hooks = (
        Hook(name="a", events=("test",), last_run=run),
        Hook(name="b", events=("test",)),
        Hook(name="c", events=("pre-install",)),
    )
    release = dataclasses.replace(FIRST, hooks=hooks)
    history = snapshots.added((), release, action="install", oci_digest=None)
    (found,) = snapshots.with_tests(history, release, [Filter(name="b", exclude=True)])
    assert as_status(found)["testHooks"] == {
        "a": {"lastStarted": "2026-01-02T03:04:05Z", "lastCompleted": "2026-01-02T03:04:06Z", "phase": "Succeeded"}
    }


def test_a_chart_without_tests_is_tested() -> None:
    history = snapshots.added((), FIRST, action="install", oci_digest=None)
    assert history[0].test_hooks is None
    assert snapshots.with_tests(history, FIRST)[0].test_hooks == {}
