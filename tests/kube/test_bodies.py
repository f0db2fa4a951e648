"""What may not be written any more does not go out, however far its request has come."""

from __future__ import annotations

import pytest
from aiohttp import web

from sluice import kube
from sluice.testing import scripted

PATH = "/api/v1/namespaces/here/configmaps"


async def test_a_write_that_was_permitted_is_refused_when_that_changes_before_it_goes_out(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("POST", PATH, scripted.json(scripted.config_map("a", 1)))
    answers = [True, False]
    client.guard(lambda call: answers.pop(0))
    with pytest.raises(kube.Unreachable, match="this process may not write any more"):
        await client.create(config_maps, scripted.config_map("a", 0), manager="test")
    assert answers == []
    assert server.requests == []


async def test_a_delete_is_not_repeated_on_another_connection_when_it_may_not_be_any_more(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    permitted = True

    async def cut(request: web.Request) -> web.StreamResponse:
        nonlocal permitted
        permitted = False
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.on("GET", f"{PATH}/a", scripted.json(scripted.config_map("a", 1)))
    server.on("DELETE", f"{PATH}/a", cut)
    client.guard(lambda call: permitted)
    await client.get(config_maps, "a", "here")
    with pytest.raises(kube.Unreachable):
        await client.delete(config_maps, "a", "here")
    assert [request.method for request in server.requests] == ["GET", "DELETE"]
