"""Requests to clouds: bounded, never redirected, silent about secrets."""

from __future__ import annotations

import pytest
from aiohttp import web
from tests.auth.conftest import Cloud

from sluice import aio, auth
from sluice.auth.providers import address_of


async def test_a_redirect_is_not_followed(cloud: Cloud) -> None:
    cloud.answers["/a"] = web.Response(status=307, headers={"Location": "/b"}, body=b"")
    with pytest.raises(auth.AuthError, match="307"):
        await cloud.asker.json("POST", f"{cloud.url}/a", data={"token": "x"})
    assert cloud.asked == ["POST /a"]


@pytest.mark.parametrize("body", ["[]", "hunter2", ""])
async def test_what_is_no_object_is_not_repeated(cloud: Cloud, body: str) -> None:
    cloud.answer_text("/a", body)
    with pytest.raises(auth.AuthError, match="the answer is no JSON object") as caught:
        await cloud.asker.json("GET", f"{cloud.url}/a")
    assert "hunter2" not in str(caught.value)


async def test_an_endless_answer_is_cut(cloud: Cloud) -> None:
    cloud.answer_text("/a", "x" * (2 << 20))
    with pytest.raises(auth.AuthError):
        await cloud.asker.text("GET", f"{cloud.url}/a")


async def test_nobody_there_is_told_with_the_host() -> None:
    async with aio.TaskOwner() as tasks:
        with pytest.raises(auth.AuthError, match=r"^127\.0\.0\.1:1: ClientConnectorError$"):
            await auth.Asker(tasks).text("GET", "http://127.0.0.1:1/x?secret=y")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Example.com", "https://example.com:443"),
        ("https://example.com:6443/path", "https://example.com:6443"),
        ("10.0.0.1:6443", "https://10.0.0.1:6443"),
        ("https://[FD00::1]:6443", "https://[fd00::1]:6443"),
    ],
)
def test_addresses_have_one_form(text: str, address: str) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "http://a", "https://user:pass@a", "https://a:port", "https://"])
def test_what_is_no_address_of_an_api_server_is_refused(text: str) -> None:
    with pytest.raises(auth.AuthError):
        address_of(text)
