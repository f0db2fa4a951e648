"""Tasks carried out from pass to pass, as HelmReleases have them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.helm_controller import releases
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.releases import Bench, Content, config_map, content, hook, pod

from sluice import aio, kube, runtime
from sluice_api.helm import v2 as helmv2
from sluice_controllers.helm import snapshots
from sluice_controllers.helm.acting import Result, Stored, Task
from sluice_controllers.helm.carrying import Carrying
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.storage import Record
from sluice_controllers.helm.values import Run


@dataclass
class Charts:
    """What is rendered, without a chart."""

    given: Content
    asked: list[tuple[int, bool]] = field(default_factory=list)

    async def definitions(self, run: Run) -> Sequence[dict[str, Any]]:
        return ()

    async def content(
        self, run: Run, given: Mapping[str, Any], *, namespace: str, revision: int, is_upgrade: bool
    ) -> Content:
        self.asked.append((revision, is_upgrade))
        return self.given


@dataclass
class Stage:
    """A HelmRelease `web`, and passes over it."""

    bench: Bench
    charts: Charts = field(default_factory=lambda: Charts(content(config_map("a", k="1"))))
    spec: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    stored: list[Stored] = field(default_factory=list)

    def task(self, action: Action, last: Record | None, **more: Any) -> Task:
        async def observe(stored: Stored) -> None:
            self.stored.append(stored)

        cluster = self.bench.cluster
        spec = {"interval": "1m", "chartRef": {"kind": "HelmChart", "name": "w"}, **self.spec}
        metadata = {"name": "web", "namespace": cluster.namespace, "generation": 1}
        head = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata}
        obj = helmv2.HelmRelease.model_validate({**head, "spec": {**spec, "releaseName": "web"}})
        run = Run(obj=obj, status=helmv2.HelmReleaseStatus(), cluster=self.bench.applied, values={"a": 1})
        return Task(action=action, run=run, last=last, storage=cluster.namespace, observe=observe, **more)

    async def perform(self, action: Action, **more: Any) -> Result:
        """One pass."""
        context = SimpleNamespace(memory=self.memory, subscribe=lambda _: None)
        carrying = Carrying(self.charts, self.bench.cluster.workers, aio.SystemClock())
        last = await self.bench.place().storage.last("web")
        task = self.task(action, last, **more)
        return await carrying.perform(cast("runtime.Context[Any]", context), task)


@pytest.fixture
async def stage(cluster: Cluster) -> AsyncIterator[Stage]:
    async with releases.bench(cluster) as bench:
        yield Stage(bench)


async def test_a_release_lives_and_goes(stage: Stage) -> None:
    assert (await stage.perform(Action.INSTALL)).error == ""
    stage.charts.given = content(config_map("a", k="2"), config_map("b"))
    assert (await stage.perform(Action.UPGRADE)).error == ""
    assert await stage.bench.data("a") == {"k": "2"}
    first = await stage.bench.place().storage.get("web", 1)
    assert first is not None
    assert (await stage.perform(Action.ROLLBACK, target=snapshots.of(first.release))).error == ""
    assert await stage.bench.data("a") == {"k": "1"}
    assert (await stage.perform(Action.TEST)).error == ""
    assert (await stage.perform(Action.UNINSTALL)).error == ""
    assert await stage.bench.data("a") is None
    assert await stage.bench.history() == []
    assert stage.charts.asked == [(1, False), (2, True)]
    assert stage.memory == {}


async def test_what_a_revision_consists_of_is_told_with_its_first_write(stage: Stage) -> None:
    await stage.perform(Action.INSTALL)
    first, second = stage.stored
    assert first.inventory == ({"id": f"{stage.bench.cluster.namespace}_a__ConfigMap", "v": "v1"},)
    assert (second.release.info.status, second.inventory) == ("deployed", None)


async def test_a_wait_goes_on_in_the_next_pass_without_rendering_again(stage: Stage) -> None:
    stage.charts.given = content(config_map("a"), hooks=[hook(pod("h"), "post-install")])
    with pytest.raises(runtime.Waiting):
        await stage.perform(Action.INSTALL)
    with pytest.raises(runtime.Waiting):
        await stage.perform(Action.INSTALL, begun=True)
    await stage.bench.end("h")

    async def again() -> None:
        assert (await stage.perform(Action.INSTALL, begun=True)).error == ""

    await stage.bench.until_done(again)
    assert len(stage.charts.asked) == 1
    assert await stage.bench.history() == [(1, "deployed", "Install complete")]


@pytest.mark.parametrize("action", [Action.INSTALL, Action.UPGRADE, Action.ROLLBACK, Action.UNINSTALL])
async def test_another_process_goes_on_with_what_the_record_says(stage: Stage, action: Action) -> None:
    event = {"uninstall": "pre-delete"}.get(action.value, f"pre-{action.value}")
    waiting = content(config_map("a", k="1"), hooks=[hook(pod("h"), event)])
    stage.charts.given = waiting
    if action is not Action.INSTALL:
        await stage.perform(Action.INSTALL)
    target = {}
    if action is Action.ROLLBACK:
        target = {"target": snapshots.of(await stage.bench.last())}
    with pytest.raises(runtime.Waiting):
        await stage.perform(action, **target)
    stage.memory.clear()
    asked = len(stage.charts.asked)
    await stage.bench.end("h")

    async def again() -> None:
        assert (await stage.perform(action, begun=True, **target)).error == ""

    await stage.bench.until_done(again)
    assert len(stage.charts.asked) == asked
    assert await stage.bench.data("a") == (None if action is Action.UNINSTALL else {"k": "1"})


async def test_nothing_is_deleted_when_a_crashed_upgrade_is_gone_on_with_in_trouble(stage: Stage) -> None:
    stage.charts.given = content(config_map("a", k="1"), hooks=[hook(pod("h"), "pre-upgrade")])
    await stage.perform(Action.INSTALL)
    with pytest.raises(runtime.Waiting):
        await stage.perform(Action.UPGRADE)
    stage.memory.clear()
    trouble = kube.ServerError(500, "InternalError", "etcdserver: leader changed")
    client, get = stage.bench.cluster.own, stage.bench.cluster.own.list
    calls = 0

    async def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise trouble
        return await get(*args, **kwargs)

    client.list = failing  # type: ignore[method-assign]
    with pytest.raises(kube.ServerError):
        await stage.perform(Action.UPGRADE, begun=True)
    await stage.bench.end("h")

    async def again() -> None:
        assert (await stage.perform(Action.UPGRADE, begun=True)).error == ""

    await stage.bench.until_done(again)
    assert await stage.bench.data("a") == {"k": "1"}


async def test_failures_are_told_and_forgotten(stage: Stage) -> None:
    stage.charts.given = content({**config_map("a"), "dta": {}})
    result = await stage.perform(Action.INSTALL)
    assert result.error.startswith("server-side apply failed")
    assert result.newest is not None
    assert result.newest.release.info.status == "failed"
    assert stage.memory == {}


async def test_values_of_the_last_release_are_kept_if_that_is_wished(stage: Stage) -> None:
    await stage.perform(Action.INSTALL)
    last = await stage.bench.place().storage.last("web")
    assert last is not None
    more = dataclasses.replace(last.release, config={"a": 0, "b": {"c": 2}})
    await stage.bench.place().storage.update(last, more)
    stage.spec = {"upgrade": {"preserveValues": True}}
    await stage.perform(Action.UPGRADE)
    assert (await stage.bench.last()).config == {"a": 1, "b": {"c": 2}}
