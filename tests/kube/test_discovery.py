import asyncio
from typing import Any

import pytest
from aiohttp import web

from sluice import aio, kube
from sluice.testing import scripted


def aggregated(*groups: tuple[str, str, list[tuple[str, str, str]]]) -> dict[str, Any]:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "items": [
            {
                "metadata": {"name": group} if group else {},
                "versions": [
                    {
                        "version": version,
                        "resources": [
                            {
                                "resource": plural,
                                "responseKind": {"group": group, "version": version, "kind": kind},
                                "scope": scope,
                                "singularResource": kind.lower(),
                                "shortNames": [plural[:2]],
                                "verbs": ["get", "list", "watch"],
                                "subresources": [{"subresource": "status", "verbs": ["get"]}],
                            }
                            for plural, kind, scope in resources
                        ],
                    }
                ],
            }
            for group, version, resources in groups
        ],
    }


CORE = aggregated(("", "v1", [("namespaces", "Namespace", "Cluster"), ("pods", "Pod", "Namespaced")]))
APPS = aggregated(("apps", "v1", [("deployments", "Deployment", "Namespaced")]))
WITH_WIDGETS = aggregated(
    ("apps", "v1", [("deployments", "Deployment", "Namespaced")]),
    ("acme.io", "v1", [("widgets", "Widget", "Namespaced")]),
)


@pytest.fixture
def aggregating(server: scripted.Scripted) -> scripted.Scripted:
    server.on("GET", "/api", scripted.json(CORE))
    server.on("GET", "/apis", scripted.json(APPS))
    return server


async def test_two_requests_tell_everything(aggregating: scripted.Scripted, client: kube.Client) -> None:
    deployments = await client.resource_for("apps/v1", "Deployment")
    assert deployments == kube.Resource(
        group="apps", version="v1", kind="Deployment", plural="deployments", namespaced=True
    )
    assert not (await client.resource_for("v1", "Namespace")).namespaced
    served = {str(one.resource): one for one in await client.discovery.served()}
    assert sorted(served) == ["deployments.apps", "namespaces", "pods"]
    assert (served["pods"].short_names, served["pods"].singular, served["pods"].preferred) == (("po",), "pod", True)
    assert [request.path for request in aggregating.requests] == ["/api", "/apis"]
    assert "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" in aggregating.requests[0].headers["Accept"]


async def test_an_older_server_is_asked_group_by_group(server: scripted.Scripted, client: kube.Client) -> None:
    server.on("GET", "/api", scripted.json({"kind": "APIVersions", "versions": ["v1"]}))
    apps = {
        "name": "apps",
        "versions": [{"version": "v1beta1"}, {"version": "v1"}],
        "preferredVersion": {"version": "v1"},
    }
    broken = {"name": "broken.io", "versions": [{"version": "v1"}]}
    server.on("GET", "/apis", scripted.json({"kind": "APIGroupList", "groups": [apps, broken]}))
    pods = {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get"], "singularName": "pod"}
    server.on(
        "GET", "/api/v1", scripted.json({"resources": [pods, {"name": "pods/log", "kind": "Pod", "namespaced": True}]})
    )
    for version in ("v1", "v1beta1"):
        deployments = {"name": "deployments", "kind": "Deployment", "namespaced": True}
        server.on("GET", f"/apis/apps/{version}", scripted.json({"resources": [deployments]}))
    server.on("GET", "/apis/broken.io/v1", scripted.failure(503, "ServiceUnavailable"))
    served = {(one.resource.api_version, one.resource.plural): one.preferred for one in await client.discovery.served()}
    assert served == {
        ("v1", "pods"): True,
        ("apps/v1beta1", "deployments"): False,
        ("apps/v1", "deployments"): True,
    }


async def test_a_kind_that_came_later_is_found(aggregating: scripted.Scripted, client: kube.Client) -> None:
    await client.resource_for("v1", "Pod")
    aggregating.on("GET", "/apis", scripted.json(WITH_WIDGETS))
    assert (await client.resource_for("acme.io/v1", "Widget")).plural == "widgets"


async def test_callers_who_miss_together_share_one_answer(aggregating: scripted.Scripted) -> None:
    clock = aio.VirtualClock()
    async with await aggregating.connect(clock=clock) as client:
        await client.resource_for("v1", "Pod")
        misses = [asyncio.ensure_future(client.resource_for("acme.io/v1", "Widget")) for _ in range(20)]
        async with asyncio.timeout(5):
            while not all(miss.done() for miss in misses):
                await clock.advance(0.1)
    for miss in misses:
        with pytest.raises(kube.NoKindMatch, match=r'no matches for kind "Widget" in version "acme\.io/v1"'):
            miss.result()
    assert len([request for request in aggregating.requests if request.path == "/apis"]) == 2


async def test_misses_ask_at_most_once_a_second(aggregating: scripted.Scripted) -> None:
    clock = aio.VirtualClock()
    async with await aggregating.connect(clock=clock) as client:
        async with asyncio.timeout(5):
            for _ in range(5):
                miss = asyncio.ensure_future(client.resource_for("acme.io/v1", "Widget"))
                while not miss.done():
                    await clock.advance(0.05)
                assert isinstance(miss.exception(), kube.NoKindMatch)
    asked = len([request for request in aggregating.requests if request.path == "/apis"])
    assert asked == 5
    assert clock.monotonic() >= 4


async def test_an_invalidation_asks_at_once(aggregating: scripted.Scripted, client: kube.Client) -> None:
    await client.resource_for("v1", "Pod")
    client.discovery.invalidate()
    await client.resource_for("v1", "Pod")
    assert len([request for request in aggregating.requests if request.path == "/api"]) == 2


async def test_a_resource_that_went_away_is_forgotten(aggregating: scripted.Scripted, client: kube.Client) -> None:
    aggregating.on("GET", "/apis", scripted.json(WITH_WIDGETS), scripted.json(APPS))
    widgets = await client.resource_for("acme.io/v1", "Widget")
    with pytest.raises(kube.NotFound):
        await client.get(widgets, "w", "here")
    with pytest.raises(kube.NoKindMatch):
        await client.resource_for("acme.io/v1", "Widget")


async def test_a_failed_refresh_keeps_nothing_stale_and_is_told(
    aggregating: scripted.Scripted, client: kube.Client
) -> None:
    await client.resource_for("v1", "Pod")
    aggregating.on("GET", "/apis", scripted.failure(503, "ServiceUnavailable", "starting"), scripted.json(APPS))
    client.discovery.invalidate()
    with pytest.raises(kube.ServerError, match="starting"):
        await client.resource_for("v1", "Pod")
    assert (await client.resource_for("v1", "Pod")).plural == "pods"


async def test_an_invalidation_during_a_refresh_is_not_lost(
    aggregating: scripted.Scripted, client: kube.Client
) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        client.discovery.invalidate()
        return await scripted.json(APPS)(request)

    aggregating.on("GET", "/apis", slow, scripted.json(WITH_WIDGETS))
    await client.resource_for("v1", "Pod")
    assert (await client.resource_for("acme.io/v1", "Widget")).plural == "widgets"
