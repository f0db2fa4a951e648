"""The uninstall of a release that is not wanted any more: its HelmRelease goes, or means another one by now."""

from __future__ import annotations

from typing import Any, Final

from sluice import kube, runtime
from sluice.helm.releases.storing import RecordError
from sluice_api import meta
from sluice_api.helm.v2 import Snapshot
from sluice_api.meta import names
from sluice_controllers.helm import histories, performing, states, values, wording
from sluice_controllers.helm.acting import Actions, Gone, Result, Stored, Task
from sluice_controllers.helm.booking import UNINSTALLED, Book
from sluice_controllers.helm.conditions import RELEASED
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.storage import Record, StorageError
from sluice_controllers.helm.telling import Teller
from sluice_controllers.helm.values import Run

_REASON: Final = wording.SUCCEEDED[Action.UNINSTALL]


async def uninstall(ctx: runtime.Context[Any], run: Run, actions: Actions) -> None:
    """Return when the newest release that the status remembers is uninstalled, by whomever.

    Raises:
        Waiting: it is not yet.
        Transient: it failed; it is tried again.
    """
    book = Book(ctx, run)
    storage = str(ctx.status.get("storageNamespace") or "")
    if not book.history or not storage:
        return
    current = book.history[0]
    try:
        last = await actions.last(run, name=current.name, storage=storage)
        kept = bool(run.spec.uninstall and run.spec.uninstall.keep_history)
        if last is None or (kept and last.release.info.status == "uninstalled"):
            _tell_gone(ctx, current, found=last is not None)
            return
        await _perform(ctx, run, actions, book, current, last, storage)
    except Gone:
        _tell_gone(ctx, current, found=False)
    except (kube.KubeError, RecordError, StorageError) as error:
        reason = wording.FAILED[Action.UNINSTALL]
        raise runtime.Transient(reason, wording.uninstalled(current, str(error))) from None


async def _perform(
    ctx: runtime.Context[Any], run: Run, actions: Actions, book: Book, current: Snapshot, last: Record, storage: str
) -> None:
    async def observe(stored: Stored) -> None:
        book.observe(Action.UNINSTALL, stored, uninstall=UNINSTALLED)
        if performing.has_begun(stored.release):
            await ctx.publish()

    seconds = meta.format_duration(values.timeout(run.spec, "uninstall"))
    ctx.progress(f"Running 'uninstall' action with timeout of {seconds}", drifted=True)
    begun = last.release.info.status == "uninstalling" and not states.mismatch(current, last.release)
    task = Task(
        action=Action.UNINSTALL,
        run=run,
        last=last,
        storage=storage,
        begun=begun,
        observe=observe,
    )
    try:
        result = await actions.perform(ctx, task)
    except runtime.Waiting as wait:
        text = ctx.progressed.message
        raise runtime.Waiting(
            names.PROGRESSING, text, ready="Unknown", after=wait.after, since=wait.since, event=None
        ) from None
    _end(ctx, run, book, current, result)


def _end(ctx: runtime.Context[Any], run: Run, book: Book, current: Snapshot, result: Result) -> None:
    Teller(ctx, run, book).uninstalled(current, result)
    if result.error:
        text = wording.uninstalled(current, result.error)
        raise runtime.Transient(wording.FAILED[Action.UNINSTALL], text, summed=True, event=None)


def _tell_gone(ctx: runtime.Context[Any], current: Snapshot, *, found: bool) -> None:
    how = "was already uninstalled" if found else "was not found, assuming it is uninstalled"
    ctx.condition(RELEASED, "False", _REASON, f"Release {histories.release_name(current)} {how}")
