"""What a HelmRelease's status remembers of releases that were written to the storage: as Flux does it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sluice.helm.releases import digests
from sluice.helm.releases.records import Hook, Release
from sluice_api.helm.v2 import Filter, Snapshot, TestHookStatus
from sluice_controllers.helm import histories
from sluice_controllers.helm.histories import History

_SECONDS: Final = "%Y-%m-%dT%H:%M:%SZ"


def of(release: Release, *, action: str | None = None, oci_digest: str | None = None) -> Snapshot:
    """The snapshot of a release. `oci_digest` is that of the artifact that the chart came from."""
    metadata, info = release.metadata, release.info
    return Snapshot.model_validate(
        {
            "apiVersion": histories.CURRENT,
            "digest": digests.of_release(release, oci_digest=oci_digest or ""),
            "name": release.name,
            "namespace": release.namespace,
            "version": release.version,
            "status": info.status,
            "action": action,
            "chartName": metadata.get("name", ""),
            "chartVersion": metadata.get("version", ""),
            "appVersion": metadata.get("appVersion"),
            "configDigest": digests.of_values(release.config),
            "firstDeployed": _time(info.first_deployed),
            "lastDeployed": _time(info.last_deployed),
            "deleted": _time(info.deleted),
            "ociDigest": oci_digest or None,
        }
    )


def added(history: History, release: Release, *, action: str, oci_digest: str | None) -> History:
    """With a release that an install, an upgrade or a rollback has made."""
    others = [each for each in history if not _is_of(each, release)]
    return histories.ordered([of(release, action=action, oci_digest=oci_digest), *others])


def refreshed(history: History, release: Release, *, action: str | None = None) -> History:
    """With a release as it is now, if it is remembered; what is not in the storage is kept.

    `action`: what was done to it, where that is another one than what made it.
    """
    return tuple(_refreshed(each, release, action) if _is_of(each, release) else each for each in history)


def with_tests(history: History, release: Release, filters: Iterable[Filter] = ()) -> History:
    """With the results of the newest release's tests, of those that the filters leave; of others nothing is taken."""
    if not history or not _is_of(history[0], release):
        return history
    results = {hook.name: _result(hook) for hook in release.hooks if hook.is_test and selected(hook.name, filters)}
    newest = _refreshed(history[0], release, None).model_copy(update={"test_hooks": results})
    return (newest, *history[1:])


def selected(name: str, filters: Iterable[Filter]) -> bool:
    """Whether a test is run: it is not excluded, and named where any is."""
    filters = tuple(filters)
    if any(each.exclude and each.name == name for each in filters):
        return False
    included = [each.name for each in filters if not each.exclude]
    return not included or name in included


def _refreshed(before: Snapshot, release: Release, action: str | None) -> Snapshot:
    found = of(release, action=action or before.action, oci_digest=before.oci_digest)
    return found.model_copy(update={"test_hooks": before.test_hooks})


def _is_of(snapshot: Snapshot, release: Release) -> bool:
    return (snapshot.name, snapshot.namespace, snapshot.version) == (release.name, release.namespace, release.version)


def _result(hook: Hook) -> TestHookStatus:
    run = hook.last_run
    return TestHookStatus(
        last_started=_time(run.started_at), last_completed=_time(run.completed_at), phase=run.phase or None
    )


def _time(text: str) -> str | None:
    """A time of Helm's as Kubernetes writes it: to the second, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime(_SECONDS) if text else None
