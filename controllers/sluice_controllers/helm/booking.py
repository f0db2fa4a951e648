"""What a pass remembers of releases in the status: the history, the counters, what was last tried."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from sluice import runtime
from sluice.helm.releases import digests
from sluice.helm.releases.records import Release
from sluice_api import meta
from sluice_api.helm.v2 import HelmReleaseStatus
from sluice_controllers.helm import conditions, histories, remedies, snapshots
from sluice_controllers.helm.acting import Stored
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.histories import History
from sluice_controllers.helm.values import Run

FAILURES: Final = "failures"
COUNTERS: Final = (FAILURES, "installFailures", "upgradeFailures")
UNINSTALLED: Final = "uninstall"
REMEDIED: Final = "uninstall-remediation"
_STARTED: Final = "action started"


class Book:
    """The status of one HelmRelease in one pass, as far as it has come."""

    def __init__(self, ctx: runtime.Context[Any], run: Run, *, retry: bool = False) -> None:
        """`retry`: see `deciding.Case`."""
        self._ctx = ctx
        self._run = run
        self._retry = retry

    @property
    def status(self) -> HelmReleaseStatus:
        """All of it but the conditions."""
        return HelmReleaseStatus.model_validate(dict(self._ctx.status))

    @property
    def history(self) -> History:
        """The releases that are remembered, newest first."""
        return histories.ordered(self.status.history or ())

    @property
    def retry_seconds(self) -> float | None:
        """See `deciding.Case`."""
        return remedies.retry(self._run.spec, self.status, default=self._retry)

    def remember(self, history: History) -> None:
        """Remember these releases and no others."""
        if history != self.history:
            put(self._ctx.status, "history", [each.model_dump(by_alias=True, exclude_none=True) for each in history])

    def begin(self, action: Action) -> None:
        """An action is about to begin: what was before an install, or tells of what an upgrade replaces, is over."""
        self._ctx.memory[_STARTED] = self._ctx.clock.monotonic()
        if action in (Action.INSTALL, Action.UPGRADE):
            self._ctx.status["lastAttemptedReleaseAction"] = action.value
            self._ctx.clear_condition(conditions.TEST_SUCCESS)
            self._ctx.clear_condition(conditions.REMEDIATED)
        if action is Action.INSTALL:
            self.remember(())

    def ended(self) -> None:
        """An install or an upgrade has ended: how long it took, as far as this process knows."""
        now = self._ctx.clock.monotonic()
        took = now - self._ctx.memory.pop(_STARTED, now)
        self._ctx.status["lastAttemptedReleaseActionDuration"] = meta.format_duration(took)

    def observe(self, action: Action, stored: Stored, *, uninstall: str = REMEDIED) -> None:
        """A revision was written to the storage, or deleted from it. `uninstall` is how that is remembered."""
        release, history = stored.release, self.history
        match action:
            case Action.INSTALL | Action.UPGRADE | Action.ROLLBACK:
                self.remember(self._with_made(history, action, release))
            case Action.TEST:
                test = self._run.spec.test
                self.remember(snapshots.with_tests(history, release, (test and test.filters) or ()))
            case Action.UNINSTALL:
                self.remember(snapshots.refreshed(history, release, action=uninstall))
            case _:
                self.remember(snapshots.refreshed(history, release))
        if stored.inventory is not None:
            self._ctx.status["inventory"] = {"entries": [dict(each) for each in stored.inventory]}

    def count(self, counter: str) -> None:
        """One failure more."""
        self._ctx.status[counter] = int(self._ctx.status.get(counter) or 0) + 1

    def clear_failures(self) -> None:
        """Failures are forgotten."""
        for counter in COUNTERS:
            put(self._ctx.status, counter, 0)

    def clear_release(self) -> None:
        """There is no release any more."""
        for field in ("history", "storageNamespace", "inventory"):
            put(self._ctx.status, field, None)

    def sum_up(self) -> None:
        """Remember what the release was made with. Ready itself follows from the conditions at the end of the pass."""
        spec, status = self._run.spec, self._ctx.status
        if not (spec.test and spec.test.enable) and self._ctx.find_condition(conditions.TEST_SUCCESS):
            self._ctx.clear_condition(conditions.TEST_SUCCESS)
        put(status, "observedPostRenderersDigest", digests.of_spec(_plain(spec.post_renderers)))
        put(status, "observedCommonMetadataDigest", digests.of_spec(_plain(spec.common_metadata)))

    def _with_made(self, history: History, action: Action, release: Release) -> History:
        """With a revision that the action has made, or with an older one that it has put an end to."""
        if history and release.version < history[0].version:
            return snapshots.refreshed(history, release, action=action.value if action is Action.ROLLBACK else None)
        if action is Action.UPGRADE and (not history or release.version > history[0].version):
            history = _followed(history)
        digest = self._run.chart.oci_digest if self._run.chart and action is not Action.ROLLBACK else ""
        return snapshots.added(history, release, action=action.value, oci_digest=digest or None)


def _followed(history: History) -> History:
    """As with Flux, what the release came from that an upgrade follows is not remembered any more."""
    deployed = (each for each in history if each.status == "deployed")
    base = next(deployed, history[0] if history else None)
    return tuple(each.model_copy(update={"action": None}) if each is base else each for each in history)


def put(status: MutableMapping[str, Any], field: str, value: Any) -> None:
    """Set a field, or take it away when there is nothing to tell."""
    if value:
        status[field] = value
    elif field in status:
        del status[field]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if value is None else value.model_dump(by_alias=True, exclude_none=True)
