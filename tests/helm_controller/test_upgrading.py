"""Upgrade and rollback, as Helm does them and Helm sees them."""

from __future__ import annotations

import pathlib

import pytest
from tests.helm_controller import releases
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.releases import config_map, content, hook, pod

from sluice import yamlio
from sluice_controllers.helm.actions import upgrading
from sluice_controllers.helm.actions.changing import Change
from sluice_controllers.helm.actions.working import Failure
from sluice_controllers.helm.storage import Changed

KEPT = {"helm.sh/resource-policy": "keep"}
IMMUTABLE = {**config_map("a", k="1"), "immutable": True}


async def test_an_upgrade_changes_makes_and_deletes(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1", gone="g"), config_map("b"), config_map("kept")))
        await cluster.patch("ConfigMap", "kept", {"metadata": {"annotations": KEPT}})
        await bench.upgrade(content(config_map("a", k="2"), config_map("c"), version="2.0.0"))
        assert await bench.data("a") == {"k": "2"}
        assert [await bench.data(name) for name in ("b", "c", "kept")] == [None, {}, {}]
        assert await bench.history() == [
            (2, "deployed", "Upgrade complete"),
            (1, "superseded", "Install complete"),
        ]
        found = await cluster.helm(lambda config: config.history("web"))
        assert [(each["revision"], each["status"]) for each in found] == [(1, "superseded"), (2, "deployed")]


async def test_an_upgrade_follows_the_way_of_the_last_release(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1")), server_side=False)
        await bench.upgrade(content(config_map("a", k="2")))
        assert (await bench.last()).apply_method == "csa"
        await bench.upgrade(content(config_map("a", k="3")), server_side=True)
        assert (await bench.last()).apply_method == "ssa"
        assert await bench.data("a") == {"k": "3"}


async def test_a_failed_upgrade_leaves_the_last_one_deployed_and_is_followed_by_the_next(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(IMMUTABLE))
        told = await bench.failure(bench.upgrade(content({**IMMUTABLE, "data": {"k": "2"}}, config_map("new"))))
        assert "field is immutable" in told
        assert [(version, status) for version, status, _ in await bench.history()] == [(2, "failed"), (1, "deployed")]
        assert (await bench.last()).info.description == f'Upgrade "web" failed: {told}'
        assert await bench.data("new") == {}
        await bench.upgrade(content(IMMUTABLE))
        assert [(version, status) for version, status, _ in await bench.history()] == [
            (3, "deployed"),
            (2, "failed"),
            (1, "superseded"),
        ]


async def test_what_a_failed_upgrade_has_made_is_taken_away_if_that_is_wished(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(IMMUTABLE, config_map("old")))
        await cluster.put(config_map("theirs"))
        odd = {**IMMUTABLE, "data": {"k": "2"}}
        await bench.failure(
            bench.upgrade(content(odd, config_map("old"), config_map("new"), config_map("theirs")), cleanup=True)
        )
        assert [await bench.data(name) for name in ("new", "old", "theirs")] == [None, {}, {}]


async def test_an_upgrade_of_nothing_and_one_of_a_pending_release_are_refused(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        place = bench.place()
        with pytest.raises(Failure, match='"web" has no deployed releases'):
            await upgrading.base(place, "web", None, ())
        await bench.begin_install(content(config_map("a")))
        told = await bench.failure(bench.upgrade(content(config_map("a"))))
        assert told == "another operation (install/upgrade/rollback) is in progress"


async def test_an_unlocked_release_has_failed_and_can_be_upgraded(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.begin_install(content(config_map("a")))
        await bench.unlock()
        assert await bench.history() == [(1, "failed", "Release unlocked from stale 'pending-install' state")]
        await bench.upgrade(content(config_map("a", k="2")))
        assert [(version, status) for version, status, _ in await bench.history()] == [
            (2, "deployed"),
            (1, "superseded"),
        ]


async def test_no_more_records_are_kept_than_is_wished(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a")))
        for number in range(4):
            await bench.upgrade(content(config_map("a", k=str(number))), keep=2)
        assert [version for version, _, _ in await bench.history()] == [5, 4]


async def test_a_crash_between_any_two_steps_is_made_up_for(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1"), config_map("gone")))
        for crashed in range(5):
            version = crashed + 2
            place = await bench.begin_upgrade(content(config_map("a", k=str(version))))
            steps = Change(place, bench.work, "upgrade", prefix="").steps
            for step in steps[:crashed]:
                await step()
            await bench.crash(version)
            place = bench.place()
            await upgrading.resume(place, bench.work, await place.storage.entries("web"))
            await bench.until_done(lambda place=place: upgrading.finish(place, bench.work))  # type: ignore[misc]
            assert await bench.data("a") == {"k": str(version)}
            assert await bench.data("gone") is None
        assert [status for _, status, _ in await bench.history()] == ["deployed", *["superseded"] * 5]


async def test_an_upgrade_that_somebody_else_has_ended_is_not_gone_on_with(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1")))
        place = await bench.begin_upgrade(content(config_map("a", k="2"), hooks=[hook(pod("h"), "post-upgrade")]))
        await bench.until_it_waits(lambda: upgrading.finish(place, bench.work))
        await bench.unlock()
        await bench.end("h")
        with pytest.raises(Changed):
            await bench.until_done(lambda: upgrading.finish(place, bench.work))
        assert (await bench.last()).info.status == "failed"


async def test_a_rollback_is_a_new_revision_that_is_as_the_old_one(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1"), config_map("b")))
        await bench.upgrade(content(config_map("a", k="2"), config_map("c")))
        await bench.rollback(1)
        assert [await bench.data(name) for name in "abc"] == [{"k": "1"}, {}, None]
        assert await bench.history() == [
            (3, "deployed", "Rollback to 1"),
            (2, "superseded", "Upgrade complete"),
            (1, "superseded", "Install complete"),
        ]


async def test_a_rollback_after_a_failed_upgrade_supersedes_what_was_deployed(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(IMMUTABLE))
        await bench.failure(bench.upgrade(content({**IMMUTABLE, "data": {"k": "2"}})))
        await bench.rollback(1)
        assert [(version, status) for version, status, _ in await bench.history()] == [
            (3, "deployed"),
            (2, "failed"),
            (1, "superseded"),
        ]


async def test_helm_rolls_back_and_uninstalls_what_was_upgraded_here(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        # Of what was applied on the server's side Helm takes over nothing from another manager unless it is forced.
        await bench.install(content(config_map("a", k="1")), server_side=False)
        await bench.upgrade(content(config_map("a", k="2"), config_map("b")))
        await cluster.helm(lambda config: config.rollback("web", version=1))
        assert await bench.data("a") == {"k": "1"}
        assert await bench.data("b") is None
        await cluster.helm(lambda config: config.uninstall("web"))
        assert await bench.data("a") is None
        assert await bench.history() == []


async def test_what_helm_has_installed_is_upgraded_and_rolled_back_here(
    cluster: Cluster, tmp_path: pathlib.Path
) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (templates / "a.yaml").write_text(yamlio.dump(config_map("a", k="helm", gone="g")))
    async with releases.bench(cluster) as bench:
        await cluster.helm(lambda config: config.install(tmp_path, "web"))
        await bench.upgrade(content(config_map("a", k="ours"), config_map("b")))
        assert await bench.data("a") == {"k": "ours", "gone": "g"}
        await bench.rollback(1)
        assert [await bench.data(name) for name in "ab"] == [{"k": "helm", "gone": "g"}, None]
        assert [(version, status) for version, status, _ in await bench.history()] == [
            (3, "deployed"),
            (2, "superseded"),
            (1, "superseded"),
        ]
        await bench.uninstall()
        assert await bench.data("a") is None
