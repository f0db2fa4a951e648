"""Hooks: in which order they run, when they go, and what is known of them after a crash."""

from __future__ import annotations

import asyncio

from tests.helm_controller import releases
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.releases import Bench, config_map, content, hook, pod

from sluice.helm.releases.records import Hook
from sluice_api.helm.v2 import Filter
from sluice_controllers.helm.actions import installing, testing
from sluice_controllers.helm.actions.working import Work


async def phases(bench: Bench) -> dict[str, str]:
    return {each.name: each.last_run.phase for each in (await bench.last()).hooks}


async def test_hooks_run_one_after_the_other_by_weight_then_name(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        given = [hook(pod(name), "pre-install", weight=weight) for name, weight in (("c", 0), ("b", 0), ("a", 5))]
        place = await bench.begin_install(content(config_map("m"), hooks=given))
        installed = asyncio.create_task(bench.until_done(lambda: installing.finish(place, bench.work)))
        for number, name in enumerate(("b", "c", "a"), start=1):
            await bench.appeared(name)
            assert len(await cluster.names("Pod")) == number
            assert (await phases(bench))[name] == "Running"
            assert await bench.data("m") is None
            await bench.end(name)
        await installed
        assert set((await phases(bench)).values()) == {"Succeeded"}
        assert await bench.data("m") == {}


async def test_hooks_bear_no_marks_and_stay_after_an_uninstall(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(config_map("h", k="v"), "pre-install", "post-install")]))
        found = await cluster.get("ConfigMap", "h")
        assert found is not None
        assert "labels" not in found["metadata"]
        await bench.uninstall()
        assert await bench.data("h") == {"k": "v"}


async def test_what_an_earlier_run_left_goes_before_a_hook_is_made(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await cluster.put(config_map("h", k="old", more="m"))
        await bench.install(content(hooks=[hook(config_map("h", k="new"), "pre-install")]))
        assert await bench.data("h") == {"k": "new"}


async def test_hooks_that_succeed_go_where_they_say_so(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        gone = hook(config_map("gone"), "pre-install", delete_policies=("hook-succeeded",))
        kept = hook(config_map("kept"), "pre-install", delete_policies=("hook-failed",))
        await bench.install(content(hooks=[gone, kept]))
        assert [await bench.data(name) for name in ("gone", "kept")] == [None, {}]


async def test_a_failed_hook_fails_the_release_and_goes_where_it_says_so(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        first = hook(config_map("first"), "pre-install", weight=-1, delete_policies=("hook-succeeded",))
        odd = hook(pod("odd"), "pre-install", delete_policies=("hook-failed",))
        place = await bench.begin_install(content(config_map("m"), hooks=[first, odd]))
        await bench.until_it_waits(lambda: installing.finish(place, bench.work))
        await bench.end("odd", "Failed")
        told = await bench.failure(bench.until_done(lambda: installing.finish(place, bench.work)))
        assert told.startswith("failed pre-install: failed early due to stalled resources: [Pod/")
        assert await phases(bench) == {"first": "Succeeded", "odd": "Failed"}
        assert (await bench.last()).info.description == f'Release "web" failed: {told}'
        assert [await bench.data(name) for name in ("first", "m")] == [None, None]
        assert await cluster.get("Pod", "odd") is None


async def test_a_hook_that_is_refused_fails_the_release(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        odd = hook({**config_map("odd"), "dta": {}}, "post-install")
        told = await bench.failure(bench.install(content(config_map("m"), hooks=[odd])))
        assert told.startswith("failed post-install: warning: Hook post-install web/templates/hook.yaml failed: ")
        assert await phases(bench) == {"odd": "Failed"}


async def test_no_hook_runs_if_that_is_wished(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(config_map("h"), "pre-install")]), hooks=False)
        assert await bench.data("h") is None
        assert await phases(bench) == {"h": ""}


async def test_a_hook_for_before_and_after_runs_twice(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(config_map("h"), "pre-install", "post-install")]))
        assert (cluster.seen["PATCH"], cluster.seen["DELETE"]) == (2, 1)


async def test_what_has_succeeded_before_a_crash_is_not_run_again(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        first = hook(config_map("first", k="v"), "pre-install", weight=-1, delete_policies=("before-hook-creation",))
        place = await bench.begin_install(content(hooks=[first, hook(pod("second"), "pre-install")]))
        await bench.until_it_waits(lambda: installing.finish(place, bench.work))
        await cluster.patch("ConfigMap", "first", {"data": {"seen": "yes"}})
        await bench.crash(1)
        place = bench.place()
        await installing.resume(place, bench.work)
        await bench.until_it_waits(lambda: installing.finish(place, bench.work))
        await bench.end("second")
        await bench.until_done(lambda: installing.finish(place, bench.work))
        assert await bench.data("first") == {"k": "v", "seen": "yes"}


async def test_tests_are_run_and_their_results_are_in_the_record(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(pod("t"), "test"), hook(config_map("u"), "test")]))
        ending = asyncio.create_task(bench.end_when_there("t"))
        await bench.test()
        await ending
        assert await phases(bench) == {"t": "Succeeded", "u": "Succeeded"}
        assert (await bench.last()).info.status == "deployed"
        assert (await bench.last()).version == 1


async def test_tests_that_are_left_out_are_left_alone(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(config_map(name), "test") for name in "abc"]))
        await bench.test(Filter(name="a"), Filter(name="b"), Filter(name="b", exclude=True))
        assert await phases(bench) == {"a": "Succeeded", "b": "", "c": ""}


async def test_a_failed_test_is_a_failure_and_in_the_record(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(pod("t"), "test")]))
        place = bench.place()
        last = await place.storage.last("web")
        assert last is not None
        bench.work = Work()
        testing.begin(bench.work, last, ())
        await bench.until_it_waits(lambda: testing.finish(place, bench.work, ()))
        await bench.end("t", "Failed")
        told = await bench.failure(bench.until_done(lambda: testing.finish(place, bench.work, ())))
        assert told.startswith("failed early due to stalled resources: [Pod/")
        assert await phases(bench) == {"t": "Failed"}
        assert (await bench.last()).info.status == "deployed"


async def test_tests_run_again_forget_how_they_went(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(hooks=[hook(config_map("t"), "test")]))
        await bench.test()
        before = (await bench.last()).hooks[0].last_run
        await bench.test()
        after = (await bench.last()).hooks[0].last_run
        assert before.started_at < after.started_at


async def test_a_chart_without_tests_is_told_all_the_same(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("m"), hooks=[Hook(name="x", events=("pre-rollback",))]))
        bench.written.clear()
        await bench.test()
        assert [release.version for release in bench.written] == [1]
