import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from tests.git.conftest import Desk

from sluice import git
from sluice.git import credentials
from sluice.testing import webs
from sluice.testing.git import GitServer
from sluice.testing.git_tls import Authority

pytestmark = pytest.mark.needs("git-http-backend")


@pytest.mark.parametrize("version_2", [True, False])
async def test_references_are_listed_in_either_protocol(desk: Desk, version_2: bool) -> None:
    desk.server.version_2 = version_2
    repository = desk.server.repository("app")
    commit = repository.commit({"a": "1"})
    tag = repository.tag("v1", message="annotated")
    refs = await desk.upstream().refs(["refs/heads/main", "refs/tags/"])
    assert refs["refs/heads/main"] == commit
    assert (refs["refs/tags/v1"], refs["refs/tags/v1^{}"]) == (tag, commit)


async def test_a_second_look_costs_one_request(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    upstream = desk.upstream()
    await upstream.refs(["refs/heads/main"])
    async with desk.counting() as seen:
        await upstream.refs(["refs/heads/main"])
    assert seen == ["git-upload-pack"]


async def test_a_server_that_falls_back_to_the_old_protocol_is_still_understood(desk: Desk) -> None:
    commit = desk.server.repository("app").commit({"a": "1"})
    upstream = desk.upstream()
    await upstream.refs(["refs/heads/main"])
    desk.server.version_2 = False
    assert (await upstream.refs(["refs/heads/main"]))["refs/heads/main"] == commit


async def test_an_empty_repository_has_no_references(desk: Desk) -> None:
    desk.server.repository("app")
    assert await desk.upstream().refs(()) == {}
    desk.server.version_2 = False
    assert await desk.upstream().refs(()) == {}


async def test_user_and_password_are_sent(desk: Desk) -> None:
    desk.server.basic = ("u", "pä:ss")
    desk.server.repository("app").commit({"a": "1"})
    assert await desk.upstream(username=b"u", password="pä:ss".encode()).refs(())
    with pytest.raises(git.LoginError, match="authentication required: who are you"):
        await desk.upstream(username=b"u", password=b"wrong").refs(())


async def test_a_token_is_sent(desk: Desk) -> None:
    desk.server.bearer = "tok"
    desk.server.repository("app").commit({"a": "1"})
    assert await desk.upstream(bearerToken=b"tok").refs(())


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (403, git.LoginError, "authorization failed: fault"),
        (404, git.RemoteError, "repository not found: fault"),
        (500, git.RemoteError, "unexpected client error: unexpected requesting "),
    ],
)
async def test_refusals_read_as_in_flux(desk: Desk, status: int, kind: type[git.GitError], text: str) -> None:
    desk.server.repository("app")
    desk.server.fault = status
    with pytest.raises(kind, match=text):
        await desk.upstream().refs(())


async def test_nobody_listening_reads_as_in_flux(desk: Desk) -> None:
    url = git.RepositoryURL.parse("http://user:secret@127.0.0.1:1/x.git")
    upstream = git.Upstream(desk.client, url, credentials.from_secret(url, {}))
    with pytest.raises(git.RemoteError) as caught:
        await upstream.refs(())
    assert str(caught.value) == (
        'Get "http://127.0.0.1:1/x.git/info/refs?service=git-upload-pack": '
        "dial tcp 127.0.0.1:1: connect: connection refused"
    )


async def test_an_answer_that_is_no_git_is_told(desk: Desk) -> None:
    desk.server.repository("app")
    desk.server.fault = 200
    with pytest.raises(git.RemoteError, match="not Git's smart protocol"):
        await desk.upstream().refs(())


async def test_a_private_authority_is_trusted_where_its_secret_says_so(desk: Desk, tmp_path: Path) -> None:
    authority = Authority()
    async with GitServer(tls=authority.server(tmp_path)) as server:
        server.repository("app").commit({"a": "1"})
        url = git.RepositoryURL.parse(server.url("app"))
        trusting = credentials.from_secret(url, {"ca.crt": authority.certificate})
        assert await git.Upstream(desk.client, url, trusting).refs(())
        plain = git.Upstream(desk.client, url, credentials.from_secret(url, {}))
        with pytest.raises(git.RemoteError, match="x509: certificate signed by unknown authority"):
            await plain.refs(())


async def test_a_client_certificate_is_shown(desk: Desk, tmp_path: Path) -> None:
    authority = Authority()
    pair = authority.issue("client")
    async with GitServer(tls=authority.server(tmp_path, clients=True)) as server:
        server.repository("app").commit({"a": "1"})
        url = git.RepositoryURL.parse(server.url("app"))
        secret = {"ca.crt": authority.certificate, "tls.crt": pair.certificate, "tls.key": pair.key}
        assert await git.Upstream(desk.client, url, credentials.from_secret(url, secret)).refs(())
        assert server.requests[-1].client_certificate


@pytest.mark.parametrize("secret", [{"ca.crt": b"x"}, {"tls.crt": b"x", "tls.key": b"y"}])
async def test_useless_certificates_are_told(desk: Desk, secret: dict[str, bytes]) -> None:
    url = git.RepositoryURL.parse("https://127.0.0.1:1/x")
    with pytest.raises(git.CredentialsError, match="certificate"):
        await git.Upstream(desk.client, url, credentials.from_secret(url, secret)).refs(())


async def test_a_login_does_not_follow_to_another_server(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})

    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{desk.server.url('app')}/info/refs?{request.query_string}")

    app = web.Application()
    app.router.add_get("/{path:.*}", elsewhere)
    async with webs.serving(app) as address:
        url = git.RepositoryURL.parse(f"{address}/moved.git")
        secret = credentials.from_secret(url, {"username": b"u", "password": b"p"})
        assert await git.Upstream(desk.client, url, secret).refs(("refs/heads/",))
    assert {request.authorization for request in desk.server.requests} == {""}


async def test_a_silent_server_can_be_left(desk: Desk) -> None:
    desk.server.repository("app")
    desk.server.hang()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await desk.upstream().refs(())


async def test_an_address_without_a_host_is_told_in_go_words(desk: Desk) -> None:
    upstream = git.Upstream(desk.client, git.RepositoryURL.parse("http://"), credentials.Credentials())
    with pytest.raises(git.RemoteError, match="http: no Host in request URL"):
        await upstream.refs(["refs/heads/main"])


async def test_certificates_that_cannot_be_used_do_not_matter_over_http(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "b"})
    assert await desk.upstream("app", **{"ca.crt": b"nothing"}).refs(["refs/heads/main"])


async def test_https_to_a_server_that_speaks_http_is_told_in_go_words(desk: Desk) -> None:
    url = git.RepositoryURL.parse(desk.server.url("app").replace("http:", "https:"))
    with pytest.raises(git.RemoteError, match="http: server gave HTTP response to HTTPS client"):
        await git.Upstream(desk.client, url, credentials.Credentials()).refs(["refs/heads/main"])
