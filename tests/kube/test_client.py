from typing import Any

import pytest

from sluice import kube
from sluice.testing import scripted

PATH = "/api/v1/namespaces/here/configmaps"


def page(*names: str, version: str = "9", token: str = "") -> scripted.Answer:
    items = [{"metadata": {"name": name, "namespace": "here"}} for name in names]
    return scripted.json({"metadata": {"resourceVersion": version, "continue": token}, "items": items})


def names(listed: kube.ObjectList) -> list[str]:
    return [obj["metadata"]["name"] for obj in listed.items]


async def test_pages_are_read_to_the_end(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, page("a", "b", token="more"), page("c", token="last"), page("d"))
    listed = await client.list(config_maps, "here")
    assert (names(listed), listed.resource_version) == (["a", "b", "c", "d"], "9")
    assert [request.query.get("continue") for request in server.requests] == [None, "more", "last"]
    assert {request.query["limit"] for request in server.requests} == {"500"}


async def test_a_list_that_outlives_its_snapshot_is_asked_for_whole(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    expired = scripted.failure(410, "Expired", "The provided continue parameter is too old")
    server.on("GET", PATH, page("a", token="more"), expired, page("a", "b", version="12"))
    listed = await client.list(config_maps, "here")
    assert (names(listed), listed.resource_version) == (["a", "b"], "12")
    assert "limit" not in server.requests[-1].query


async def test_a_limited_list_stops_there(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, page("a", "b", token="more"), scripted.failure(500, "InternalError"))
    assert names(await client.list(config_maps, "here", limit=2)) == ["a", "b"]


async def test_a_list_as_of_a_version_names_it_once_and_comes_in_one_piece(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, page("a"))
    await client.list(config_maps, "here", resource_version="0")
    assert dict(server.requests[0].query) == {"resourceVersion": "0"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"fieldManager": "us", "force": "true"}),
        ({"force": False}, {"fieldManager": "us"}),
        ({"dry_run": True}, {"fieldManager": "us", "force": "true", "dryRun": "All"}),
    ],
)
async def test_an_apply_says_who_and_how(
    server: scripted.Scripted,
    client: kube.Client,
    config_maps: kube.Resource,
    options: dict[str, Any],
    expected: dict[str, str],
) -> None:
    server.on("PATCH", f"{PATH}/a", scripted.json(scripted.config_map("a", 1)))
    await client.apply(config_maps, scripted.config_map("a", 0), manager="us", **options)
    assert dict(server.requests[0].query) == expected
    assert server.requests[0].content_type == "application/apply-patch+yaml"
    assert server.requests[0].headers["User-Agent"] == "test/1"
