"""Repositories behind real proxies, over HTTP and over SSH."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.git.conftest import Desk, examine

from sluice import git, web
from sluice.git import Credentials, credentials, sessions
from sluice.testing import proxies
from sluice.testing.git import GitServer
from sluice.testing.git_ssh import SSHGitServer
from sluice.testing.git_tls import Authority

pytestmark = pytest.mark.needs("git-http-backend", "tinyproxy", "microsocks")

KINDS = {"http": proxies.http, "socks5": proxies.socks}


def running(kind: str, scratch: Path, *, login: bool = False) -> AbstractAsyncContextManager[proxies.Running]:
    return KINDS[kind](scratch, login=login)


def upstream(desk: Desk, url: str, proxy: web.Proxy, *, ca: bytes = b"") -> git.Upstream:
    return git.Upstream(desk.client, git.RepositoryURL.parse(url), Credentials(ca=ca), proxy=proxy)


def logged_in(address: str, password: str = proxies.PASSWORD) -> web.Proxy:
    return web.Proxy(address=address, username=proxies.USER, password=password)


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[tuple[GitServer, bytes]]:
    authority = Authority()
    async with GitServer(tls=authority.server(tmp_path)) as server:
        server.repository("app").commit({"a": "1"})
        yield server, authority.certificate


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("login", [False, True])
async def test_a_proxy_leads_to_servers(
    desk: Desk, secure: tuple[GitServer, bytes], tmp_path: Path, kind: str, login: bool
) -> None:
    desk.server.repository("app").commit({"a": "1"})
    server, ca = secure
    async with running(kind, tmp_path, login=login) as proxy:
        way = logged_in(proxy.address) if login else web.Proxy(address=proxy.address)
        plain = upstream(desk, desk.server.url("app"), way)
        # More than once: a connection that is used again needs the login as well.
        for _ in range(3):
            assert await plain.refs(("refs/heads/",))
        assert await upstream(desk, server.url("app"), way, ca=ca).refs(("refs/heads/",))
        await proxy.process.kill()
        with pytest.raises(git.RemoteError, match="connection refused"):
            await upstream(desk, server.url("app"), way, ca=ca).refs(("refs/heads/main",))


@pytest.mark.parametrize(
    ("kind", "plain", "secured"),
    [
        ("http", "authentication required", "Unauthorized"),
        ("socks5", "username/password authentication failed", "username/password authentication failed"),
    ],
)
async def test_a_wrong_password_is_told_and_not_shown(
    desk: Desk, secure: tuple[GitServer, bytes], tmp_path: Path, kind: str, plain: str, secured: str
) -> None:
    desk.server.repository("app").commit({"a": "1"})
    async with running(kind, tmp_path, login=True) as proxy:
        for url, told in ((desk.server.url("app"), plain), (secure[0].url("app"), secured)):
            with pytest.raises(git.RemoteError) as caught:
                await upstream(desk, url, logged_in(proxy.address, "wr0ng"), ca=secure[1]).refs(())
            assert told in str(caught.value), str(caught.value)
            assert "wr0ng" not in str(caught.value) + repr(logged_in(proxy.address, "wr0ng"))
    assert desk.server.requests == secure[0].requests == []


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ("http", "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused"),
        ("socks5", "socks connect tcp 127.0.0.1:1->git.example:80: dial tcp 127.0.0.1:1: connect: connection refused"),
    ],
)
async def test_a_proxy_that_is_down_is_told_in_go_words(desk: Desk, scheme: str, told: str) -> None:
    way = logged_in(f"{scheme}://127.0.0.1:1")
    with pytest.raises(git.RemoteError) as caught:
        await upstream(desk, "http://git.example/app.git", way).refs(())
    asked = 'Get "http://git.example/app.git/info/refs?service=git-upload-pack"'
    assert str(caught.value) == f"{asked}: {told}"


async def test_a_proxy_over_tls_is_spoken_to_in_tls(desk: Desk, tmp_path: Path) -> None:
    desk.server.repository("app").commit({"a": "1"})
    authority = Authority()
    async with proxies.http(tmp_path) as behind:
        host, _, port = behind.address.removeprefix("http://").partition(":")

        async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = await asyncio.open_connection(host, int(port))
            await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

        front = await asyncio.start_server(lead, "127.0.0.1", 0, ssl=authority.server(tmp_path))
        async with front:
            way = web.Proxy(address=f"https://127.0.0.1:{front.sockets[0].getsockname()[1]}")
            assert await upstream(desk, desk.server.url("app"), way, ca=authority.certificate).refs(("refs/heads/",))
            with pytest.raises(git.RemoteError, match="certificate signed by unknown authority"):
                await upstream(desk, desk.server.url("app"), way).refs(("refs/heads/",))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        return
    finally:
        writer.close()


async def test_the_environment_names_proxies_and_its_netrc_is_not_read(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.server.repository("app").commit({"a": "1"})
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with proxies.http(tmp_path) as proxy:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", proxy.address)
        assert await desk.upstream().refs(("refs/heads/",))
        assert proxy.connections() > 0
    assert {request.authorization for request in desk.server.requests} == {""}


@pytest.mark.needs("sshd")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_tunnel_leads_to_an_ssh_server_whose_own_key_counts(tmp_path: Path, kind: str) -> None:
    async with SSHGitServer() as server, running(kind, tmp_path, login=True) as proxy:
        server.repository("app").commit({"a": "1"})
        url = git.RepositoryURL.parse(server.url("app"))
        login = credentials.from_secret(url, {"identity": server.let_in().identity, "known_hosts": server.known_hosts})
        async with web.tunnel(logged_in(proxy.address), url.host, url.port) as tunnel:
            job = git.Job(
                address=sessions.address_of(url, login, port=tunnel.port),
                server=(url.host, url.port),
                mirror=tmp_path / "mirror",
                reference=git.Reference(branch="main"),
                login=login,
            )
            found = await asyncio.to_thread(examine, job)
            assert found is not None
            assert found[1] == ["a"]
            with pytest.raises(git.RemoteError, match="knownhosts: key is unknown"):
                await asyncio.to_thread(examine, replace(job, server=("git.example", 22), mirror=tmp_path / "other"))


@pytest.mark.parametrize(
    ("kind", "told"),
    [("http", "proxyconnect tcp: Unauthorized"), ("socks5", "username/password authentication failed")],
)
async def test_a_tunnel_says_why_a_proxy_refuses(tmp_path: Path, kind: str, told: str) -> None:
    async with (
        running(kind, tmp_path, login=True) as proxy,
        web.tunnel(logged_in(proxy.address, "wr0ng"), "git.example", 22) as tunnel,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", tunnel.port)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        assert told in str(tunnel.failure)
        assert "wr0ng" not in str(tunnel.failure)
