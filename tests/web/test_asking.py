"""The client for servers that users name: limits, redirects, logins, certificates, and what it tells."""

from __future__ import annotations

import io
import pathlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web as server

from sluice import web
from sluice.testing import webs
from sluice.testing.git_tls import Authority


@dataclass
class Shown:
    """A server that answers each path as it is told to, and what it was shown."""

    answers: dict[str, Callable[[server.Request], server.StreamResponse]] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)

    def application(self) -> server.Application:
        app = server.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: server.Request) -> server.StreamResponse:
        self.logins.append(request.headers.get("Authorization", ""))
        return self.answers[request.path](request)


@pytest.fixture
async def asker() -> AsyncIterator[web.Web]:
    async with web.Web() as made:
        yield made


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
async def url(shown: Shown) -> AsyncIterator[str]:
    async with webs.serving(shown.application()) as address:
        yield address


def redirecting(target: str) -> Callable[[server.Request], server.StreamResponse]:
    def answer(_: server.Request) -> server.StreamResponse:
        raise server.HTTPFound(target)

    return answer


async def test_what_is_larger_than_it_may_be_is_cut_off(asker: web.Web, shown: Shown, url: str) -> None:
    shown.answers["/a"] = lambda _: server.Response(body=b"x" * 1000)
    assert (await asker.read(f"{url}/a", limit=1000)).body == b"x" * 1000
    with pytest.raises(web.TooLargeError, match=r"/a\" is larger than 999 bytes"):
        await asker.read(f"{url}/a", limit=999)
    into = io.BytesIO()
    with pytest.raises(web.TooLargeError):
        await asker.save(f"{url}/a", into, limit=999)


async def test_what_is_saved_is_known_by_its_digest(asker: web.Web, shown: Shown, url: str) -> None:
    shown.answers["/a"] = lambda _: server.Response(body=b"x")
    into = io.BytesIO()
    saved = await asker.save(f"{url}/a", into, limit=1)
    assert (into.getvalue(), saved.digest[:8]) == (b"x", "2d711642")


async def test_a_refusal_has_its_status_and_the_beginning_of_what_was_said(
    asker: web.Web, shown: Shown, url: str
) -> None:
    shown.answers["/a"] = lambda _: server.Response(status=403, body=b"x" * 100_000)
    with pytest.raises(web.StatusError, match="403 Forbidden") as refused:
        await asker.read(f"{url}/a", limit=1 << 20)
    assert (refused.value.status, refused.value.said) == (403, b"x" * 4096)


async def test_a_login_stays_with_whom_it_is_for(asker: web.Web, shown: Shown, url: str) -> None:
    other = Shown({"/b": lambda _: server.Response(text="there")})
    async with webs.serving(other.application()) as elsewhere:
        shown.answers["/here"] = redirecting("/a")
        shown.answers["/a"] = redirecting(f"{elsewhere}/b")
        headers = {"Authorization": web.basic("me", "hunter2")}
        assert (await asker.read(f"{url}/here", limit=9, headers=headers)).body == b"there"
    assert shown.logins == [headers["Authorization"]] * 2
    assert other.logins == [""]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("file:///etc/passwd", "redirects to what is not on an HTTP server"),
        ("ftp://127.0.0.1/x", "redirects to what is not on an HTTP server"),
        ("/a", "stopped after 10 redirects"),
    ],
)
async def test_redirects_lead_to_http_servers_and_not_on_for_ever(
    asker: web.Web, shown: Shown, url: str, target: str, said: str
) -> None:
    shown.answers["/a"] = redirecting(target)
    with pytest.raises(web.WebError, match=said):
        await asker.read(f"{url}/a", limit=9)


async def test_no_error_shows_a_login(asker: web.Web) -> None:
    with pytest.raises(web.WebError) as raised:
        await asker.read("http://me:hunter2@127.0.0.1:1/a", limit=9)
    assert "hunter2" not in str(raised.value)
    assert "connection refused" in str(raised.value)
    proxy = web.Proxy(address="http://127.0.0.1:1", username="me", password="hunter2")
    with pytest.raises(web.WebError) as raised:
        await asker.read("http://example.com/a", limit=9, access=web.Access(proxy=proxy))
    assert "hunter2" not in f"{raised.value}{proxy!r}{web.TLS(key=b'hunter2')!r}"


async def test_certificates_are_believed_as_each_source_says(
    asker: web.Web, shown: Shown, tmp_path: pathlib.Path
) -> None:
    shown.answers["/a"] = lambda _: server.Response(text="a")
    authority = Authority()
    async with webs.serving(shown.application(), tls=authority.server(tmp_path)) as url:
        with pytest.raises(web.WebError, match="certificate signed by unknown authority"):
            await asker.read(f"{url}/a", limit=9)
        believing = web.Access(tls=web.TLS(ca=authority.certificate))
        assert (await asker.read(f"{url}/a", limit=9, access=believing)).body == b"a"
        with pytest.raises(web.WebError, match="unknown authority"):
            await asker.read(f"{url}/a", limit=9)
        assert (await asker.read(f"{url}/a", limit=9, access=web.Access(tls=web.TLS(insecure=True)))).body == b"a"


@pytest.mark.parametrize("tls", [web.TLS(ca=b"x"), web.TLS(certificate=b"x", key=b"y")])
async def test_certificates_that_are_none_are_told(asker: web.Web, tls: web.TLS) -> None:
    with pytest.raises(web.TLSError):
        await asker.read("https://127.0.0.1:1/a", limit=9, access=web.Access(tls=tls))


async def test_the_environments_proxy_is_used_where_none_is_given(
    asker: web.Web, shown: Shown, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.answers["/a"] = lambda request: server.Response(text=request.host)
    monkeypatch.setenv("http_proxy", url)
    monkeypatch.setenv("no_proxy", "")
    assert (await asker.read("http://example.invalid/a", limit=99)).body == b"example.invalid"
    monkeypatch.setenv("no_proxy", "example.invalid")
    with pytest.raises(web.WebError, match="no such host"):
        await asker.read("http://example.invalid/a", limit=99)
