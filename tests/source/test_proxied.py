"""GitRepositories whose servers are reached through a proxy that a Secret names."""

import pathlib
from contextlib import AsyncExitStack

import pytest
from tests.source.conftest import Room, conditions

from sluice.testing import proxies
from sluice.testing.git_ssh import SSHGitServer

pytestmark = pytest.mark.needs("git-http-backend", "tinyproxy", "microsocks")

CHECKOUT = "failed to checkout and determine revision: "
KINDS = {"http": proxies.http, "socks5": proxies.socks}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_repository_is_fetched_through_a_proxy_and_the_login_for_it_is_never_shown(
    room: Room, tmp_path: pathlib.Path, kind: str
) -> None:
    commit = room.space.repository.head()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(KINDS[kind](tmp_path, login=True))
        await room.secret("proxy", address=proxy.address, username=proxies.USER, password="wr0ng-one")
        await room.space.source(proxySecretRef={"name": "proxy"})
        await stack.enter_async_context(room.controller())
        found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
        assert found["FetchFailed"][:2] == ("True", "GitOperationFailed")
        assert "authentication" in found["FetchFailed"][2]
        await room.secret("proxy", address=proxy.address, username=proxies.USER, password=proxies.PASSWORD)
        first = await room.see_revision(f"main@sha1:{commit}")
        # What was fetched stays served while the proxy is down, and its end is told.
        await proxy.process.kill()
        await room.ask()
        seen = await room.space.see_ready("GitRepository", "src", "False")
        assert "connection refused" in conditions(seen)["Ready"][2]
        assert seen["status"]["artifact"] == first["status"]["artifact"]
    told = str(seen) + str(await room.events(2))
    assert "wr0ng-one" not in told
    assert proxies.PASSWORD not in told
    kept = [path for path in room.storage.rglob("*") if path.is_file()]
    assert not [path for path in kept if proxies.PASSWORD.encode() in path.read_bytes()]


@pytest.mark.needs("sshd")
@pytest.mark.parametrize("kind", KINDS)
async def test_an_ssh_server_is_reached_through_a_proxy(room: Room, tmp_path: pathlib.Path, kind: str) -> None:
    async with SSHGitServer() as ssh, KINDS[kind](tmp_path, login=True) as proxy:
        commit = ssh.repository("app").commit({"a": "1"})
        key = ssh.let_in()
        await room.secret("key", identity=key.identity.decode(), known_hosts=ssh.known_hosts.decode())
        await room.secret("proxy", address=proxy.address, username=proxies.USER, password="wr0ng-one")
        await room.space.source(
            url=ssh.url("app"), secretRef={"name": "key"}, proxySecretRef={"name": "proxy"}, timeout="20s"
        )
        async with room.controller():
            found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
            assert found["Ready"][1] == "GitOperationFailed"
            assert found["Ready"][2].startswith(f"{CHECKOUT}unable to clone 'ssh://")
            assert "connect tcp" in found["Ready"][2]
            await room.secret("proxy", address=proxy.address, username=proxies.USER, password=proxies.PASSWORD)
            await room.see_revision(f"main@sha1:{commit}")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"url": "x"}, "key 'address' not found"),
        ({"address": ""}, "proxy address is empty"),
        (
            {"address": "ftp://me:hunter2@proxy"},
            "proxy URL must use one of the supported schemes (http, https, socks5), got 'ftp'",
        ),
        ({"address": "http://me:hunter2@proxy:none"}, "failed to parse proxy address 'http://proxy:none'"),
        ({"address": "http://" + "a" * 2048}, "proxy URL exceeds maximum length of 2048 characters"),
    ],
)
async def test_secrets_that_name_no_proxy_are_told_as_in_flux(room: Room, data: dict[str, str], told: str) -> None:
    await room.secret("proxy", **data)
    await room.space.source(proxySecretRef={"name": "proxy"})
    async with room.controller():
        found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
    text = f"failed to configure proxy options: secret '{room.space.name}/proxy': {told}"
    assert found["FetchFailed"] == ("True", "AuthenticationFailed", text)
    assert room.server.requests == []
