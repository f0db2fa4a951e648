"""Tasks carried out: each action begun, gone on with from pass to pass, and ended, whatever becomes of the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sluice import aio, kube, runtime, ssa
from sluice.appliers import judging
from sluice.helm.releases import values as composing
from sluice.helm.releases.records import Release
from sluice.ssa import errors
from sluice_controllers.helm import choices, crds
from sluice_controllers.helm.acting import Gone, Inventory, Result, Stored, Task
from sluice_controllers.helm.actions import (
    changing,
    installing,
    rolling_back,
    testing,
    uninstalling,
    unlocking,
    upgrading,
)
from sluice_controllers.helm.actions.working import Failure, Options, Place, Work
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.making import Making
from sluice_controllers.helm.revisions import Target
from sluice_controllers.helm.storage import Record, Storage
from sluice_controllers.helm.watching import ClusterWatches

_MEMORY: Final = "action"


@dataclass(frozen=True)
class _Carried:
    """An action under way, and what it is under way for: for something else it is begun anew."""

    key: tuple[Any, ...]
    work: Work


class Carrying:
    """Carries out tasks."""

    def __init__(self, making: Making, workers: aio.WorkerPool, clock: aio.Clock) -> None:
        self._making = making
        self._workers = workers
        self._clock = clock

    async def perform(self, ctx: runtime.Context[Any], task: Task) -> Result:
        """See `acting.Actions`."""
        key = _key(task)
        carried = ctx.memory.get(_MEMORY)
        if not isinstance(carried, _Carried) or carried.key != key or not _goes_on(carried.work, task):
            carried = _Carried(key, Work(record=task.last if task.begun else None))
        ctx.memory[_MEMORY] = carried
        work = carried.work
        place = self._place(ctx, task, work)
        error = ""
        try:
            await self._carry(place, work, task)
        except runtime.Waiting:
            raise
        except Failure as failure:
            error = str(failure)
        except kube.KubeError as refused:
            if errors.is_passing(refused):
                raise
            error = str(refused)
        except BaseException:
            self._end(ctx, place)
            raise
        self._end(ctx, place)
        newest = None if task.action in (Action.UNINSTALL, Action.UNLOCK) else work.record
        return Result(error=error, logs=tuple(work.logs), newest=newest)

    def _end(self, ctx: runtime.Context[Any], place: Place) -> None:
        ctx.memory.pop(_MEMORY, None)
        place.watches.release()

    async def _carry(self, place: Place, work: Work, task: Task) -> None:
        match task.action:
            case Action.INSTALL:
                await self._install(place, work, task)
            case Action.UPGRADE:
                await self._upgrade(place, work, task)
            case Action.ROLLBACK:
                await _rollback(place, work, task)
            case Action.UNINSTALL:
                await _uninstall(place, work, task)
            case Action.TEST:
                await _test(place, work, task)
            case Action.UNLOCK:
                if task.last is not None:
                    await unlocking.unlock(place, task.last)
            case Action.CORRECT:
                raise NotImplementedError("drift is corrected elsewhere")

    async def _install(self, place: Place, work: Work, task: Task) -> None:
        run, last = task.run, task.last.release if task.last else None
        if work.record is None:
            revision = installing.version(place, last)
            await crds.apply(place, work, await self._making.definitions(run))
            content = await self._making.content(
                run, run.values, namespace=run.release_namespace, revision=revision, is_upgrade=False
            )
            await installing.begin(place, work, _target(task, run.values), content, last)
        elif not work.prepared:
            await installing.resume(place, work)
        await installing.finish(place, work)

    async def _upgrade(self, place: Place, work: Work, task: Task) -> None:
        run, name = task.run, task.run.release_name
        if work.record is None:
            entries = await place.storage.entries(name)
            work.base = await upgrading.base(place, name, task.last, entries)
            assert task.last is not None
            base = work.base.release
            config, given = _reused(base, run.values) if _preserves(task) else (run.values, run.values)
            await crds.apply(_as_last(place, task.last), work, await self._making.definitions(run))
            content = await self._making.content(
                run, given, namespace=base.namespace, revision=task.last.release.version + 1, is_upgrade=True
            )
            await upgrading.begin(place, work, _target(task, config), content, task.last, entries)
        elif not work.prepared:
            await upgrading.resume(place, work, await place.storage.entries(name))
        await upgrading.finish(place, work)

    def _place(self, ctx: runtime.Context[Any], task: Task, work: Work) -> Place:
        run = task.run
        client = run.cluster.resources.client_as(run.actor)

        async def observe(release: Release) -> None:
            await task.observe(Stored(release=release, inventory=_inventory(work, release)))

        storage = Storage(client, task.storage, workers=self._workers, clock=self._clock, observer=observe)
        rules = judging.Rules(run.spec.health_check_exprs or (), tenant=run.owner.namespace)
        watches = ClusterWatches(run.cluster, run.owner, subscribe=ctx.subscribe, memory=ctx.memory, rules=rules)
        return Place(
            client=client,
            storage=storage,
            watches=watches,
            workers=self._workers,
            clock=self._clock,
            options=choices.of(run, task.action),
        )


async def _rollback(place: Place, work: Work, task: Task) -> None:
    assert task.last is not None
    name = task.last.release.name
    if work.record is None:
        assert task.target is not None
        found = await place.storage.get(name, task.target.version)
        if found is None:
            raise Failure(f"release has no {task.target.version} version")
        entries = await place.storage.entries(name)
        await rolling_back.begin(place, work, found.release, task.last, entries)
    elif not work.prepared:
        await rolling_back.resume(place, work, await place.storage.entries(name))
    await rolling_back.finish(place, work)


async def _uninstall(place: Place, work: Work, task: Task) -> None:
    if task.last is None:
        raise Gone
    if work.record is None:
        await uninstalling.begin(place, work, task.last)
    await uninstalling.finish(place, work)


async def _test(place: Place, work: Work, task: Task) -> None:
    test = task.run.spec.test
    filters = (test.filters if test else None) or ()
    if task.last is None:
        raise Failure("release: not found")
    if work.record is None:
        testing.begin(work, task.last, filters)
    await testing.finish(place, work, filters)


def _key(task: Task) -> tuple[Any, ...]:
    run = task.run
    chart = (run.chart.name, run.chart.version) if run.chart else None
    return (task.action, task.storage, run.obj.metadata.generation, chart, run.config_digest)


def _goes_on(work: Work, task: Task) -> bool:
    """Whether what is remembered is what the storage has: nobody else has been at it since."""
    if work.record is None:
        return not task.begun
    last = task.last
    return last is not None and last.resource_version == work.record.resource_version


def _target(task: Task, config: Mapping[str, Any]) -> Target:
    return Target(name=task.run.release_name, namespace=task.run.release_namespace, config=config)


def _preserves(task: Task) -> bool:
    upgrade = task.run.spec.upgrade
    return bool(upgrade and upgrade.preserve_values)


def _reused(base: Release, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the last release with the new ones over them, and what is rendered with: its chart's below."""
    config = composing.merged(dict(base.config), dict(given))
    return config, composing.merged(dict(base.chart.get("values") or {}), config)


def _as_last(place: Place, last: Record) -> Place:
    """With definitions applied as the release will be."""
    options: Options = place.options
    if options.server_side is None:
        options = replace(options, server_side=last.release.apply_method == changing.SSA)
    return replace(place, options=options)


def _inventory(work: Work, release: Release) -> Inventory | None:
    """What a revision that begins consists of, definitions included."""
    if not release.info.status.startswith("pending-"):
        return None
    definitions = [each.item.ref for each in work.written.values() if crds.is_definition(each.item.obj)]
    refs = [*(item.ref for item in work.items), *definitions]
    return tuple(ssa.Inventory.of(refs).to_status()["entries"])
