"""Uninstall, as Helm does it and Helm sees it."""

from __future__ import annotations

from tests.helm_controller import releases
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.releases import config_map, content, hook, pod

from sluice_controllers.helm.actions import uninstalling
from sluice_controllers.helm.actions.working import Work


async def test_objects_and_records_go(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a")))
        await bench.upgrade(content(config_map("a"), config_map("b")))
        await bench.uninstall()
        assert [await bench.data(name) for name in "ab"] == [None, None]
        assert await bench.history() == []
        assert [release.info.status for release in bench.written][-2:] == ["uninstalling", "uninstalling"]


async def test_records_are_kept_if_that_is_wished(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a")))
        await bench.uninstall(keep_history=True)
        assert await bench.history() == [(1, "uninstalled", "Uninstallation complete")]
        assert (await bench.last()).info.deleted
        found = await cluster.helm(lambda config: config.history("web"))
        assert [each["status"] for each in found] == ["uninstalled"]
        told = await bench.failure(bench.uninstall(keep_history=True))
        assert told == 'the release named "web" is already deleted'
        await bench.uninstall()
        assert await bench.history() == []


async def test_what_has_a_policy_stays(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        kept = config_map("kept")
        kept["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
        odd = config_map("odd")
        odd["metadata"]["annotations"] = {"helm.sh/resource-policy": "other"}
        await bench.install(content(config_map("a"), kept, odd))
        await bench.uninstall()
        assert [await bench.data(name) for name in ("a", "kept", "odd")] == [None, {}, {}]


async def test_what_another_release_has_taken_over_stays(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a"), config_map("b")))
        theirs = {"metadata": {"annotations": {"meta.helm.sh/release-name": "other"}}}
        await cluster.patch("ConfigMap", "b", theirs)
        await bench.uninstall()
        assert [await bench.data(name) for name in "ab"] == [None, {}]


async def test_what_goes_is_waited_for_and_the_records_go_last(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        held = config_map("a")
        held["metadata"]["finalizers"] = ["example.dev/held"]
        await bench.install(content(held))
        place = bench.place()
        last = await place.storage.last("web")
        assert last is not None
        bench.work = Work()
        await uninstalling.begin(place, bench.work, last)
        await bench.until_it_waits(lambda: uninstalling.finish(place, bench.work))
        assert await bench.history() == [(1, "uninstalling", "Deletion in progress (or silently failed)")]
        await cluster.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})
        await bench.until_done(lambda: uninstalling.finish(place, bench.work))
        assert await bench.history() == []


async def test_what_does_not_go_in_time_is_told_and_the_rest_is_done(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        held = config_map("a")
        held["metadata"]["finalizers"] = ["example.dev/held"]
        await bench.install(content(held))
        told = await bench.failure(bench.uninstall(timeout=0.0))
        assert told.startswith("uninstallation completed with 1 error(s): timeout waiting for: [ConfigMap/")
        assert await bench.history() == []
        await cluster.patch("ConfigMap", "a", {"metadata": {"finalizers": None}})


async def test_a_failed_hook_before_ends_it_with_everything_there(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a"), hooks=[hook(pod("h"), "pre-delete")]))
        told = await bench.failure(bench.uninstall(timeout=0.0))
        assert "timeout waiting for: [Pod/" in told
        assert await bench.data("a") == {}
        await bench.uninstall(hooks=False)
        assert await bench.data("a") is None
