"""What a source's proxy is named for goes through it: public services of clouds do, metadata servers do not."""

from __future__ import annotations

import pathlib

import pytest
from tests.auth.conftest import Cloud, account, minted

from sluice import aio, auth, web
from sluice.testing import proxies

pytestmark = pytest.mark.needs("tinyproxy")


async def test_a_cloud_is_asked_through_the_proxy(tmp_path: pathlib.Path) -> None:
    clock = aio.SystemClock()
    async with proxies.http(tmp_path) as proxy, web.Web() as asker, aio.TaskOwner() as tasks:
        direct = auth.AWS(auth.Asker(tasks, asker), clock, {})
        led = direct.via(web.Proxy(address=proxy.address), "https://sts.nowhere-1.amazonaws.com")
        reader = account(**{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/r"})
        with pytest.raises(auth.AuthError) as caught:
            await led.exchange(minted(clock), reader, "nowhere-1")
        assert "of-account" not in str(caught.value)
        assert proxy.connections("CONNECT sts.nowhere-1.amazonaws.com:443") == 1


async def test_a_proxy_that_is_away_is_told(tmp_path: pathlib.Path) -> None:
    async with web.Web() as asker, aio.TaskOwner() as tasks:
        led = auth.Asker(tasks, asker).via(web.Proxy(address="http://127.0.0.1:1"))
        with pytest.raises(auth.AuthError, match="refused"):
            await led.json("POST", "https://sts.example/", data={"a": "b"})


async def test_metadata_servers_are_asked_directly(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    cloud.answer("/x", {"a": 1})
    async with web.Web() as asker, aio.TaskOwner() as tasks:
        led = auth.Asker(tasks, asker).via(web.Proxy(address="http://127.0.0.1:1"))
        assert await led.json("GET", f"{cloud.url}/x", params={"p": "1"}) == {"a": 1}


@pytest.mark.parametrize(
    "endpoint", ["https://sts.attacker.example", "http://sts.amazonaws.com", "https://x.com/sts.amazonaws.com"]
)
async def test_tokens_are_shown_to_amazons_sts_alone(endpoint: str) -> None:
    async with aio.TaskOwner() as tasks:
        with pytest.raises(auth.AuthError, match="invalid STS endpoint"):
            auth.AWS(auth.Asker(tasks), aio.SystemClock(), {}).via(None, endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://sts.amazonaws.com",
        "https://sts-fips.us-east-1.amazonaws.com",
        "https://vpce-002b7cc8966426bc6-njisq19r.sts.us-east-1.vpce.amazonaws.com",
    ],
)
async def test_every_sts_of_amazons_may_be_named(endpoint: str) -> None:
    async with aio.TaskOwner() as tasks:
        auth.AWS(auth.Asker(tasks), aio.SystemClock(), {}).via(None, endpoint)
