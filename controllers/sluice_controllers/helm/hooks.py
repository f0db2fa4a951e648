"""Hooks: objects that exist for an event of a release's life, run one after the other.

The record says how far each has come: nothing is run before the record says Running, and nothing is deleted as
succeeded before the record says so. So after a crash a hook that has ended is not run again, and one that runs is
waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from sluice.helm.releases import running
from sluice.helm.releases.records import Hook, HookRun, Release
from sluice_controllers.helm import logs, waiting
from sluice_controllers.helm.actions import working
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects import applying, deleting, sets
from sluice_controllers.helm.objects.applying import Manner
from sluice_controllers.helm.objects.deleting import Deletion
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.objects.writing import admit_all

RUNNING: Final = "Running"
SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"

_BEFORE: Final = "before-hook-creation"
_ON_SUCCESS: Final = "hook-succeeded"
_ON_FAILURE: Final = "hook-failed"
_DEFINITION: Final = "CustomResourceDefinition"

Choice = Callable[[Hook], bool]


def every(_hook: Hook) -> bool:
    """All hooks of an event."""
    return True


def unrun(release: Release, *events: str, choose: Choice = every) -> Release:
    """The release with its hooks for these events as if they had never been run."""
    return replace(
        release,
        hooks=tuple(
            replace(hook, last_run=HookRun()) if choose(hook) and not set(events).isdisjoint(hook.events) else hook
            for hook in release.hooks
        ),
    )


class Hooks:
    """Runs the hooks of a release for one event."""

    def __init__(self, place: Place, work: Work, event: str, *, choose: Choice = every) -> None:
        self._place = place
        self._work = work
        self._event = event
        self._choose = choose

    async def run(self) -> None:
        """Run those that are left, or go on with the one that runs.

        Raises:
            Waiting: one is not ended yet.
            Failure: one has failed.
        """
        order = self._order()
        self._begin(order)
        for index in order:
            if self._phase(index) != SUCCEEDED:
                await self._run(index, order)
        await self._clean([index for index in reversed(order) if _has(self._hook(index), _ON_SUCCESS)])

    def _begin(self, order: Sequence[int]) -> None:
        """Hooks that were run for the event before this one, too, are run once more."""
        if self._event in self._work.events:
            return
        self._work.events.add(self._event)
        other = f"pre-{self._event.removeprefix('post-')}"
        for index in order:
            if self._event.startswith("post-") and other in self._hook(index).events:
                self._work.cleared.discard(index)
                self._work.made.discard(index)
                self._work.draft(self._with(index, HookRun()))

    def _order(self) -> list[int]:
        """The places of the hooks in the record, in the order in which they are run."""
        hooks = self._work.release.hooks
        places = {id(hook): index for index, hook in enumerate(hooks)}
        return [places[id(hook)] for hook in running.order(hooks, self._event) if self._choose(hook)]

    async def _run(self, index: int, order: Sequence[int]) -> None:
        hook = self._hook(index)
        try:
            items = await self._items(hook)
        except sets.Unusable as error:
            raise Failure(f"unable to build kubernetes object for {self._event} hook {hook.path}: {error}") from None
        if self._phase(index) == FAILED:
            raise Failure(f"hook {hook.path} has failed")
        if self._phase(index) != RUNNING:
            await self._clear(index, items)
            await self._note(index, HookRun(started_at=self._place.now(), phase=RUNNING))
        if index not in self._work.made:
            await self._create(index, items)
            self._work.made.add(index)
        try:
            await waiting.ready(self._place, self._work, items, waiting.of_hook(self._place), fail_fast=False)
        except Failure:
            await self._failed(index, order)
            raise
        self._work.since = None
        self._end(index, SUCCEEDED)
        await logs.tell(self._place, self._work, hook, items, on=_ON_SUCCESS)

    async def _clear(self, index: int, items: list[Item]) -> None:
        """Have what an earlier run left go, where the hook says so or says nothing."""
        if _has(self._hook(index), _BEFORE):
            if index not in self._work.cleared:
                await self._delete(items)
                self._work.cleared.add(index)
            await waiting.gone(self._place, self._work, items)
            self._work.since = None

    async def _create(self, index: int, items: list[Item]) -> None:
        manner = Manner(server_side=self._work.release.apply_method == "ssa")
        try:
            self._work.remember(await applying.apply(manner.writer(self._place.client, admit_all), items))
        except applying.ApplyFailed as failed:
            trouble = working.trouble(self._place, self._work, failed.trouble)
            if trouble is not None:
                raise trouble from None
            self._end(index, FAILED)
            path = self._hook(index).path
            raise Failure(f"warning: Hook {self._event} {path} failed: {failed}") from None

    async def _failed(self, index: int, order: Sequence[int]) -> None:
        """A hook has failed: it and those before it go where they say so. That they do is not waited for."""
        hook = self._hook(index)
        self._end(index, FAILED)
        await logs.tell(self._place, self._work, hook, await self._items(hook), on=_ON_FAILURE)
        earlier = [each for each in order[: order.index(index)] if _has(self._hook(each), _ON_SUCCESS)]
        leaving = [*([index] if _has(hook, _ON_FAILURE) else []), *earlier]
        try:
            for each in leaving:
                await self._delete(await self._items(self._hook(each)))
        except Failure as error:
            self._work.say(f"error deleting the hook resource on hook failure: {error}")

    async def _clean(self, succeeded: Sequence[int]) -> None:
        """Have those go that are to go when all have succeeded."""
        if not succeeded:
            return
        await working.store(self._place, self._work, self._work.release)
        items = [item for index in succeeded for item in await self._items(self._hook(index))]
        await self._delete(items)
        await waiting.gone(self._place, self._work, items)

    async def _items(self, hook: Hook) -> list[Item]:
        objects = await sets.parsed(hook.manifest, self._place.workers)
        return await sets.located(self._place.client, objects, self._work.release.namespace)

    async def _delete(self, items: Sequence[Item]) -> None:
        wanted = [item for item in items if item.resource.kind != _DEFINITION]
        try:
            await deleting.delete(self._place.client, wanted, Deletion(owner=None))
        except deleting.DeleteFailed as failed:
            raise working.trouble(self._place, self._work, failed.trouble) or Failure(str(failed)) from None

    def _hook(self, index: int) -> Hook:
        return self._work.release.hooks[index]

    def _phase(self, index: int) -> str:
        return self._hook(index).last_run.phase

    async def _note(self, index: int, run: HookRun) -> None:
        await working.store(self._place, self._work, self._with(index, run))

    def _end(self, index: int, phase: str) -> None:
        """Remember how it ended; the record is told with the next that is written to it."""
        run = replace(self._hook(index).last_run, completed_at=self._place.now(), phase=phase)
        self._work.draft(self._with(index, run))

    def _with(self, index: int, run: HookRun) -> Release:
        hooks = list(self._work.release.hooks)
        hooks[index] = replace(hooks[index], last_run=run)
        return replace(self._work.release, hooks=tuple(hooks))


def _has(hook: Hook, policy: str) -> bool:
    if hook.kind == _DEFINITION:
        return False
    return policy in (hook.delete_policies or (_BEFORE,))
