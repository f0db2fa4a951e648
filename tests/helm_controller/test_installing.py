"""Install, as Helm does it and Helm sees it."""

from __future__ import annotations

import asyncio

import pytest
from tests.helm_controller import releases
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.releases import config_map, content, hook, pod

from sluice import kube
from sluice.testing import builders
from sluice_controllers.helm.actions import installing
from sluice_controllers.helm.actions.working import Failure
from sluice_controllers.helm.storage import Exists

NOW = "2026-01-01T00:00:00Z"


async def test_a_release_is_installed_and_helm_knows_it(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1"), config_map("b")))
        assert await bench.data("a") == {"k": "1"}
        assert await bench.history() == [(1, "deployed", "Install complete")]
        last = await bench.last()
        assert (last.apply_method, last.info.notes, last.config) == ("ssa", "thanks", {"a": 1})
        found = await cluster.helm(lambda config: config.history("web"))
        assert [(each["revision"], each["status"]) for each in found] == [(1, "deployed")]


async def test_an_install_without_waits_costs_a_request_for_each_object_and_three_for_the_records(
    cluster: Cluster,
) -> None:
    async with releases.bench(cluster) as bench:
        await cluster.own.resource_for("v1", "ConfigMap")
        cluster.seen.clear()
        await bench.install(content(config_map("a"), config_map("b"), config_map("c"), config_map("d")))
        assert dict(cluster.seen) == {"GET": 1, "POST": 1, "PATCH": 4, "PUT": 1}


async def test_the_record_says_pending_before_anything_is_applied(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.begin_install(content(config_map("a")))
        assert await bench.history() == [(1, "pending-install", "Initial install underway")]
        assert await bench.data("a") is None


async def test_a_name_in_use_is_refused_and_nothing_is_written(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1")))
        told = await bench.failure(bench.install(content(config_map("a", k="2"))))
        assert told == "release name check failed: cannot reuse a name that is still in use"
        assert await bench.data("a") == {"k": "1"}


async def test_the_name_of_a_release_that_is_no_more_is_taken_if_that_is_wished(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a")))
        await bench.uninstall(keep_history=True)
        await bench.install(content(config_map("b")), replace=True)
        assert await bench.history() == [
            (2, "deployed", "Install complete"),
            (1, "superseded", "superseded by new release"),
        ]


async def test_what_cannot_be_applied_fails_the_release_and_says_why(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        odd = {**config_map("b"), "dta": {"k": "v"}}
        told = await bench.failure(bench.install(content(config_map("a"), odd)))
        assert "server-side apply failed for object" in told
        assert await bench.history() == [(1, "failed", f'Release "web" failed: {told}')]
        assert await bench.data("a") == {}


async def test_fields_that_the_server_does_not_know_are_dropped_on_the_clients_side(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content({**config_map("a", k="1"), "dta": {"k": "v"}}), server_side=False)
        assert await bench.data("a") == {"k": "1"}


async def test_a_kind_that_is_not_served_leaves_no_record(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        odd = {"apiVersion": "example.dev/v1", "kind": "Odd", "metadata": {"name": "o"}}
        told = await bench.failure(bench.install(content(config_map("a"), odd)))
        assert told.startswith("unable to build kubernetes objects from release manifest: resource mapping not found")
        assert await bench.history() == []


async def test_objects_of_others_are_in_the_way_before_anything_is_written(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await cluster.put(config_map("b", k="theirs"))
        told = await bench.failure(bench.install(content(config_map("a"), config_map("b")), take_ownership=False))
        assert told.startswith('unable to continue with install: ConfigMap "b" in namespace')
        assert await bench.history() == []
        assert await bench.data("a") is None
        assert await bench.data("b") == {"k": "theirs"}


async def test_objects_are_waited_for_without_a_worker(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.begin_install(content(pod("p")))
        place = bench.place()
        ending = asyncio.create_task(bench.end_when_there("p"))
        await bench.until_done(lambda: installing.finish(place, bench.work))
        await ending
        assert await bench.history() == [(1, "deployed", "Install complete")]


async def test_an_object_that_fails_fails_the_release_at_once(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        watched = builders.kustomization("p", cluster.namespace, "none", suspend=True)
        place = await bench.begin_install(content(watched))
        await bench.until_it_waits(lambda: installing.finish(place, bench.work))
        stalled = {"type": "Stalled", "status": "True", "reason": "Test", "message": "", "lastTransitionTime": NOW}
        status = {"status": {"observedGeneration": 1, "conditions": [stalled]}}
        resource = await cluster.client.resource_for(watched["apiVersion"], watched["kind"])
        await cluster.client.patch(
            resource,
            "p",
            cluster.namespace,
            status,
            kind=kube.PatchType.MERGE,
            manager="tests",
            subresource="status",
        )
        told = r"failed early due to stalled resources: \[Kustomization/.*/p status: 'Failed'"
        with pytest.raises(Failure, match=told):
            await bench.until_done(lambda: installing.finish(place, bench.work))
        assert (await bench.last()).info.status == "failed"


async def test_a_wait_that_takes_too_long_fails_the_release(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        stuck = hook(pod("h"), "pre-install")
        told = await bench.failure(bench.install(content(hooks=[stuck]), timeout=0.0))
        assert told.startswith("failed pre-install: timeout waiting for: [Pod/")


async def test_after_a_crash_it_goes_on_and_nothing_is_installed_twice(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.begin_install(content(config_map("a", k="1"), hooks=[hook(pod("h"), "pre-install")]))
        place = bench.place()
        await bench.until_it_waits(lambda: installing.finish(place, bench.work))
        first = await cluster.get("Pod", "h")
        await bench.crash(1)
        place = bench.place()
        await installing.resume(place, bench.work)
        await bench.until_it_waits(lambda: installing.finish(place, bench.work))
        again = await cluster.get("Pod", "h")
        assert first is not None
        assert again is not None
        assert first["metadata"]["uid"] == again["metadata"]["uid"]
        await bench.end("h")
        await bench.until_done(lambda: installing.finish(place, bench.work))
        assert await bench.history() == [(1, "deployed", "Install complete")]
        assert await bench.data("a") == {"k": "1"}


async def test_of_two_that_install_at_once_one_does(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench, releases.bench(cluster) as other:
        given = content(config_map("a"))
        found = await asyncio.gather(bench.install(given), other.install(given), return_exceptions=True)
        (refused,) = [each for each in found if each is not None]
        assert isinstance(refused, Exists | Failure)
        assert await bench.history() == [(1, "deployed", "Install complete")]


async def test_a_namespace_is_made_if_there_is_none_and_left_as_it_is_otherwise(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        before = await cluster.get("Namespace", cluster.namespace)
        await bench.install(content(config_map("a")), create_namespace=True)
        after = await cluster.get("Namespace", cluster.namespace)
        assert before is not None
        assert after is not None
        assert before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


async def test_client_side_installs_say_so(cluster: Cluster) -> None:
    async with releases.bench(cluster) as bench:
        await bench.install(content(config_map("a", k="1")), server_side=False)
        assert (await bench.last()).apply_method == "csa"
        assert await bench.data("a") == {"k": "1"}
