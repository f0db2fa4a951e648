"""What a build may ask through an outlet, whom it may not ask, and what it does not tell them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import pytest
from aiohttp import web

from sluice import git, kustomize
from sluice.git import addresses, remotes
from sluice.kustomize import RepoSpec
from sluice.testing import webs
from sluice.testing.git import GitServer, Submodule


@dataclass
class Site:
    """A real HTTP server that answers with what it was told, and redirects to what `/to/` is followed by."""

    url: str = ""
    seen: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        if request.path.startswith("/to/"):
            return web.Response(status=302, headers={"Location": unquote(request.raw_path.removeprefix("/to/"))})
        if request.path == "/big":
            return web.Response(body=b"x" * 5000)
        if request.path == "/locked":
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Basic realm=x"})
        return web.Response(text=f"{request.raw_path} {request.headers.get('Authorization', '')}".strip())


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with webs.serving(app) as made.url:
        yield made


@pytest.fixture
async def outlet() -> AsyncIterator[git.Outlet]:
    async with git.Outlet(loopback=True) as running:
        yield running


async def through(outlet: git.Outlet, url: str, *, limit: int = 1 << 20, ref: str | None = None) -> str | Path:
    """What a loader gets: a file's text, or with `ref` a repository's directory and its files."""
    with ExitStack() as stack:
        address = stack.enter_context(outlet.visit(limit=limit))
        loader = stack.enter_context(remotes.Loader(way=remotes.Way(outlet=address)))
        if ref is None:
            return (await asyncio.to_thread(loader.file, url)).decode()
        spec = RepoSpec(url, *split(url), ref=ref)
        found = await asyncio.to_thread(loader.repository, spec)
        return " ".join(sorted(str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()))


def split(url: str) -> tuple[str, str]:
    host, slash, path = url.partition("://")[2].partition("/")
    return url.partition("://")[0] + "://" + host + slash, path


async def refusal(asked: Awaitable[object]) -> str:
    with pytest.raises(kustomize.Unreachable) as info:
        await asked
    return str(info.value)


async def test_files_come_as_they_are_named(outlet: git.Outlet, site: Site) -> None:
    assert await through(outlet, f"{site.url}/a%2Fb/c%20d?x=1&y=%2F") == "/a%2Fb/c%20d?x=1&y=%2F"
    assert await through(outlet, f"{site.url}?x=1") == "/?x=1"


async def test_redirects_are_followed_and_a_login_stays_with_whom_it_was_meant_for(
    outlet: git.Outlet, site: Site
) -> None:
    asked = site.url.replace("://", "://me:secret@")
    assert await through(outlet, f"{asked}/file") == "/file Basic bWU6c2VjcmV0"
    assert await through(outlet, f"{asked}/to/{site.url}/file") == "/file"
    assert await through(outlet, f"{asked}/to//file") == "/file"


@pytest.mark.needs("git")
async def test_a_repository_comes_with_its_submodules_and_a_redirected_one_too(outlet: git.Outlet, site: Site) -> None:
    async with GitServer() as server:
        inner = server.repository("inner").commit({"in.yaml": "a: b\n"})
        modules = '[submodule "sub"]\n\tpath = sub\n\turl = ../inner.git\n'
        server.repository("app").commit({".gitmodules": modules, "sub": Submodule(inner), "cm.yaml": "a: b\n"})
        expected = ".gitmodules cm.yaml sub/in.yaml"
        assert await through(outlet, server.url("app"), ref="") == expected
        assert await through(outlet, server.url("inner"), ref=inner) == "in.yaml"
        assert await through(outlet, f"{site.url}/to/{server.url('inner')}", ref="main") == "in.yaml"


@pytest.mark.needs("git")
async def test_a_repository_is_told_the_login_of_its_address_and_where_it_redirects_is_not(
    outlet: git.Outlet, site: Site
) -> None:
    async with GitServer(basic=("me", "secret")) as server:
        server.repository("app").commit({"cm.yaml": "a: b\n"})
        url = server.url("app").replace("://", "://me:secret@")
        assert await through(outlet, url, ref="") == "cm.yaml"
        elsewhere = f"{site.url}/to/{server.url('app')}".replace("://", "://me:secret@", 1)
        asked = len(server.requests)
        said = await refusal(through(outlet, elsewhere, ref=""))
        assert "secret" not in said
        assert [request.authorization for request in server.requests[asked:]] == [""]


async def test_no_login_of_this_machine_goes_out(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with git.Outlet(loopback=True) as outlet:
        assert await through(outlet, f"{site.url}/file") == "/file"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "0x7f.1", "[::ffff:127.0.0.1]"],
)
async def test_this_machine_is_not_asked(site: Site, host: str) -> None:
    async with git.Outlet() as outlet:
        port = site.url.rpartition(":")[2]
        said = await refusal(through(outlet, f"http://{host}:{port}/file"))
        assert "belongs to the machine itself or its platform, and is refused" in said
        assert site.seen == []


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "https://[fd00:ec2::254]/", "http://[fe80::1]/"])
async def test_metadata_services_are_not_asked_by_redirect_either(outlet: git.Outlet, site: Site, target: str) -> None:
    for url in (target, f"{site.url}/to/{target}"):
        assert "belongs to the machine itself or its platform" in await refusal(through(outlet, url))
    repository = await refusal(through(outlet, f"{site.url}/to/{target}", ref=""))
    assert "belongs to the machine itself or its platform" in repository


async def test_with_a_proxy_addresses_in_numbers_are_refused_and_the_rest_is_asked_of_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.setenv("no_proxy", "")
    async with git.Outlet() as outlet:
        assert await through(outlet, "http://files.example/cm.yaml") == "http://files.example/cm.yaml"
        assert "is refused" in await refusal(through(outlet, "http://169.254.169.254/latest"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc", "unknown transport 'file'"),
        ("ssh://git@git.example/app", "from http and https servers only"),
        ("git://git.example/app", "unknown transport 'git'"),
    ],
)
async def test_repositories_come_from_http_servers_only(outlet: git.Outlet, url: str, why: str) -> None:
    assert why in await refusal(through(outlet, url, ref=""))


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://files.example/x", "http://[bad"])
async def test_redirects_lead_to_http_servers_only(outlet: git.Outlet, site: Site, target: str) -> None:
    assert "redirects to what is" in await refusal(through(outlet, f"{site.url}/to/{target}"))


async def test_why_a_server_cannot_be_asked_is_told(outlet: git.Outlet, site: Site) -> None:
    for ref in (None, ""):
        said = await refusal(through(outlet, "http://127.0.0.1:1/none", ref=ref))
        assert "dial tcp 127.0.0.1:1: connect: connection refused" in said
        assert "/http/127.0.0.1" not in said
    assert "status code 401" in await refusal(through(outlet, f"{site.url}/locked"))


async def test_a_visit_ends_with_its_bytes(outlet: git.Outlet, site: Site) -> None:
    said = await refusal(through(outlet, f"{site.url}/big", limit=4000))
    assert "what the build fetches is larger than 4000 bytes" in said


async def test_a_visit_that_is_over_opens_nothing(outlet: git.Outlet, site: Site) -> None:
    with outlet.visit(limit=1000) as address:
        pass
    with remotes.Loader(way=remotes.Way(outlet=address)) as loader:
        assert "status code 404" in await refusal(asyncio.to_thread(loader.file, f"{site.url}/file"))
    assert site.seen == []


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fd00:ec2::254", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
     "2002:a9fe:a9fe::1", "::169.254.169.254", "100.100.100.200", "168.63.129.16", "224.0.0.1", "0.0.0.0", "::",
     "127.9.9.9", "::1"],
)  # fmt: skip
def test_addresses_of_the_machine_and_its_platform_are_forbidden_however_they_are_written(address: str) -> None:
    assert addresses.is_forbidden(address)


@pytest.mark.parametrize(
    "address", ["140.82.121.3", "10.96.0.10", "192.168.1.1", "fd12:3456::1", "2606:50c0:8000::154"]
)
def test_other_addresses_are_not(address: str) -> None:
    assert not addresses.is_forbidden(address)


def test_loopback_alone_can_be_allowed() -> None:
    assert not addresses.is_forbidden("127.0.0.1", loopback=True)
    assert not addresses.is_forbidden("::1", loopback=True)
    assert addresses.is_forbidden("169.254.169.254", loopback=True)
    assert addresses.is_forbidden("0.0.0.0", loopback=True)
