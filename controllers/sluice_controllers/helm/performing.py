"""One action: begun, observed, and its end booked and told."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sluice import runtime
from sluice.helm.releases.records import Release
from sluice_api import meta
from sluice_api.helm.v2 import Snapshot
from sluice_api.meta import names
from sluice_controllers.helm import histories, snapshots, values, wording
from sluice_controllers.helm.acting import Actions, Gone, Result, Stored, Task
from sluice_controllers.helm.booking import Book
from sluice_controllers.helm.deciding import Action, Sort
from sluice_controllers.helm.steps.fetching import Fetching
from sluice_controllers.helm.storage import Record, StorageError
from sluice_controllers.helm.telling import Teller
from sluice_controllers.helm.values import Run

_CORRECTING: Final = "correcting cluster drift"
_NOT_STORED: Final = "uninstall completed with error: release not updated in Helm storage"
_NO_RELEASE: Final = "uninstall: Release not loaded: release: not found"


class Failed(Exception):
    """An action failed and has left nothing in the storage: it is simply tried again. The text is for users."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def has_begun(release: Release) -> bool:
    """Whether something is being done to it."""
    status = release.info.status
    return status.startswith("pending-") or status == "uninstalling"


class Performer:
    """Performs the actions of one pass."""

    def __init__(
        self, ctx: runtime.Context[Any], run: Run, actions: Actions, fetching: Fetching, *, book: Book, teller: Teller
    ) -> None:
        self._ctx = ctx
        self._run = run
        self._actions = actions
        self._fetching = fetching
        self._book = book
        self._teller = teller
        self._wrote = False

    async def perform(
        self,
        action: Action,
        last: Record | None,
        *,
        begun: bool = False,
        target: Snapshot | None = None,
        differences: Any = None,
    ) -> Record | None:
        """Do it, or go on with it. The newest revision after it, if that is known.

        Raises:
            Failed: nothing came of it.
            Waiting: it goes on in a later pass.
            Transient: the storage is being written by somebody else, too.
        """
        run, self._wrote = self._run, begun
        if action in (Action.INSTALL, Action.UPGRADE):
            run = await self._fetching.package(self._ctx, run)
        self._announce(action)
        if not begun:
            self._book.begin(action)
        task = Task(
            action=action,
            run=run,
            last=last,
            storage=run.storage_namespace,
            begun=begun,
            target=target,
            differences=differences,
            observe=lambda stored: self._observe(action, stored),
        )
        result = await self._done(task)
        self._end(task, result)
        if error := self._untouched(task, result):
            raise error
        return result.newest

    def _announce(self, action: Action) -> None:
        seconds = meta.format_duration(values.timeout(self._run.spec, action.value))
        text = f"Running '{action.value}' action with timeout of {seconds}"
        self._ctx.progress(text, drifted=action.sort is Sort.RELEASE)

    async def _observe(self, action: Action, stored: Stored) -> None:
        self._book.observe(action, stored)
        self._wrote = True
        if has_begun(stored.release):
            # What has been begun is known to be ours after a crash, too, and gone on with.
            await self._ctx.publish()

    async def _done(self, task: Task) -> Result:
        try:
            with self._fetching.using(task.run):
                result = await self._actions.perform(self._ctx, task)
        except runtime.Waiting as wait:
            raise self._waits(task.action, wait) from None
        except Gone:
            return Result(error=_NO_RELEASE)
        except StorageError as error:
            raise runtime.Transient(wording.STATE_ERROR, str(error), event=None) from None
        if task.action is Action.UNINSTALL and not result.error and not self._wrote:
            return dataclasses.replace(result, error=_NOT_STORED)
        return result

    def _waits(self, action: Action, wait: runtime.Waiting) -> runtime.Waiting:
        """A release in the making makes Ready unknown; anything else takes nothing away from what Ready tells."""
        text = _CORRECTING if action is Action.CORRECT else self._ctx.progressed.message
        return runtime.Waiting(
            names.PROGRESSING,
            text,
            ready="Unknown",
            summed=action.sort in (Sort.TEST, Sort.REMEDIATE, Sort.UNLOCK),
            after=wait.after,
            since=wait.since,
            event=None,
        )

    def _end(self, task: Task, result: Result) -> None:
        match task.action:
            case Action.INSTALL | Action.UPGRADE:
                self._teller.released(task.action, result, stored=self._wrote)
            case Action.TEST:
                self._teller.tested(result)
            case Action.ROLLBACK | Action.UNINSTALL:
                self._teller.remedied(task.action, result, task.target)
            case Action.UNLOCK:
                assert task.last is not None
                release = task.last.release
                self._teller.unlocked(self._snapshot(release), release.info.status, result)
            case Action.CORRECT:
                self._teller.corrected(result)
        if task.action is not Action.UNINSTALL:
            self._book.sum_up()

    def _snapshot(self, release: Release) -> Snapshot:
        """The release as it is remembered, if it is, else as it is."""
        known = self._book.history
        if known and known[0].version == release.version:
            return known[0]
        return snapshots.of(release)

    def _untouched(self, task: Task, result: Result) -> Failed | None:
        """The failure of an action that has left no trace."""
        if not result.error or task.action is Action.CORRECT:
            return None
        if task.action is Action.TEST:
            touched = histories.is_tested(self._book.history[0])
        else:
            touched = self._wrote and task.action is not Action.UNLOCK
        reason = wording.FAILED.get(task.action, wording.PENDING_RELEASE)
        return None if touched else Failed(reason, result.error)
