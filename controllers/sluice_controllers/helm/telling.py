"""What is told of the end of an action: its condition, its event, and the failures that it counts for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sluice import runtime
from sluice_api.helm.v2 import Snapshot
from sluice_controllers.helm import conditions, histories, remedies, values, wording
from sluice_controllers.helm.acting import Result
from sluice_controllers.helm.booking import FAILURES, Book
from sluice_controllers.helm.conditions import DRIFTED, RELEASED, REMEDIATED, TEST_SUCCESS
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.values import Run

_COUNTER: Final = {Action.INSTALL: "installFailures", Action.UPGRADE: "upgradeFailures"}
_LOGS: Final = "\n\nLast Helm logs:\n\n"


class Teller:
    """Tells of one HelmRelease in one pass."""

    def __init__(self, ctx: runtime.Context[Any], run: Run, book: Book) -> None:
        self._ctx = ctx
        self._run = run
        self._book = book

    @property
    def verdict(self) -> runtime.Verdict | None:
        """Ready, as the conditions have it by now."""
        found = (self._ctx.find_condition(each) for each in conditions.POLICY.auxiliary)
        return conditions.verdict([each for each in found if each], self._ctx.object)

    def released(self, action: Action, result: Result, *, stored: bool) -> None:
        """An install or an upgrade has ended. `stored`: whether it wrote to the storage; else no remedy is needed."""
        self._book.ended()
        if result.error:
            self._not_released(action, result, stored=stored)
            return
        current, test = self._book.history[0], self._run.spec.test
        self._is_released(action)
        if test and test.enable and not histories.is_tested(current):
            text = wording.awaiting_tests(current)
            self._ctx.condition(TEST_SUCCESS, "Unknown", wording.AWAITING_TESTS, text)
        if self._book.retry_seconds is not None:
            self._book.clear_failures()
        self._event("Normal", wording.SUCCEEDED[action], wording.released(action, current), _metadata(current))

    def tested(self, result: Result) -> None:
        """Tests have ended."""
        current, action = self._book.history[0], Action.TEST
        if not result.error:
            self._outcome(TEST_SUCCESS, action, wording.tested(current), _metadata(current))
            return
        remedy = remedies.active(self._run.spec, self._book.status)
        if histories.is_tested(current) and remedy is not None and not remedy.ignore_tests:
            self._book.count(_COUNTER[Action.UPGRADE if remedy.after_upgrade else Action.INSTALL])
        self._failure(TEST_SUCCESS, action, wording.not_tested(current, result.error), _metadata(current))

    def remedied(self, action: Action, result: Result, target: Snapshot | None) -> None:
        """A rollback to a target, or the uninstall of what failed, has ended."""
        about = target or self._book.history[0]
        text, metadata = wording.remedied(action, about, result.error), _metadata(about)
        if action is Action.ROLLBACK:
            metadata[values.TOKEN] = self._run.config_digest
        if result.error:
            self._failure(REMEDIATED, action, text, metadata, logs=result)
        else:
            self._outcome(REMEDIATED, action, text, metadata)

    def uninstalled(self, snapshot: Snapshot, result: Result) -> None:
        """The uninstall of what is not wanted any more has ended."""
        text, metadata = wording.uninstalled(snapshot, result.error), _metadata(snapshot)
        if result.error:
            self._failure(RELEASED, Action.UNINSTALL, text, metadata, logs=result)
            return
        reason = wording.SUCCEEDED[Action.UNINSTALL]
        self._ctx.condition(RELEASED, "False", reason, text)
        self._event("Normal", reason, text, metadata)

    def unlocked(self, snapshot: Snapshot, status: str, result: Result) -> None:
        """A release that was in the middle of something is so no more, unless there was an error."""
        text = wording.unlocked(snapshot, status, result.error)
        if result.error:
            self._book.count(FAILURES)
        self._ctx.condition(RELEASED, "False", wording.PENDING_RELEASE, text)
        self._event("Warning" if result.error else "Normal", wording.PENDING_RELEASE, text, _metadata(snapshot))

    def corrected(self, result: Result) -> None:
        """Drift was put back, as far as that could be done."""
        current = self._book.history[0]
        name, metadata = histories.release_name(current), _metadata(current)
        if result.error:
            partly = "partially " if result.told else ""
            text = f"Failed to {partly}correct cluster state of release {name}:\n{result.error}"
            text += f"\n\nSuccessful corrections:\n{result.told}" if result.told else ""
            self._event("Warning", wording.DRIFT_CORRECTION_FAILED, text, metadata)
        elif result.told:
            text = f"Cluster state of release {name} has been corrected:\n{result.told}"
            self._event("Normal", wording.DRIFT_CORRECTED, text, metadata)

    def drifted(self, differences: str) -> None:
        """The cluster is not as the release says; the event is told once for the same differences."""
        name = histories.release_name(self._book.history[0])
        text = f"Cluster state of release {name} has drifted from the desired state:\n{differences}"
        before = self._ctx.find_condition(DRIFTED) or {}
        if (before.get("status"), before.get("message")) != ("True", text):
            self._event("Warning", wording.DRIFT_DETECTED, text, {})
        self._ctx.condition(DRIFTED, "True", wording.DRIFT_DETECTED, text)

    def as_wanted(self) -> None:
        """What was rolled back to is what is wanted by now."""
        if (self._ctx.find_condition(REMEDIATED) or {}).get("status") == "True":
            self._ctx.clear_condition(REMEDIATED)
            self._is_released(Action.UPGRADE)

    def in_sync(self) -> None:
        """Nothing is left to do: what has failed is well by now."""
        self.as_wanted()
        released = self._ctx.find_condition(RELEASED) or {}
        for action in (Action.INSTALL, Action.UPGRADE):
            if released.get("reason") == wording.FAILED[action]:
                self._is_released(action)
        drift = self._run.spec.drift_detection
        if drift and drift.mode in ("enabled", "warn"):
            self._ctx.condition(DRIFTED, "False", wording.NO_DRIFT_DETECTED, wording.NO_DRIFT)

    def _is_released(self, action: Action) -> None:
        text = wording.released(action, self._book.history[0])
        self._ctx.condition(RELEASED, "True", wording.SUCCEEDED[action], text)

    def _not_released(self, action: Action, result: Result, *, stored: bool) -> None:
        run, chart = self._run, self._run.chart
        assert chart is not None
        release, named = f"{run.release_namespace}/{run.release_name}", f"{chart.name}@{chart.version}"
        text = wording.not_released(action, release, named, result.error)
        if stored:
            self._book.count(_COUNTER[action])
        metadata = values.event_metadata(
            chart.version, run.config_digest, app_version=chart.app_version, oci_digest=chart.oci_digest
        )
        self._failure(RELEASED, action, text, metadata, logs=result)

    def _outcome(self, type_: str, action: Action, text: str, metadata: Mapping[str, str]) -> None:
        self._ctx.condition(type_, "True", wording.SUCCEEDED[action], text)
        self._event("Normal", wording.SUCCEEDED[action], text, metadata)

    def _failure(
        self, type_: str, action: Action, text: str, metadata: Mapping[str, str], *, logs: Result | None = None
    ) -> None:
        self._book.count(FAILURES)
        self._ctx.condition(type_, "False", wording.FAILED[action], text)
        lines = "\n".join(logs.logs) if logs else ""
        self._event("Warning", wording.FAILED[action], text + (_LOGS + lines if lines else ""), metadata)

    def _event(self, type_: runtime.EventType, reason: str, text: str, metadata: Mapping[str, str]) -> None:
        self._ctx.event(type_, reason, text, metadata)


def _metadata(snapshot: Snapshot) -> dict[str, str]:
    return values.event_metadata(
        snapshot.chart_version,
        snapshot.config_digest,
        app_version=snapshot.app_version or "",
        oci_digest=snapshot.oci_digest or "",
    )
