"""A registry that says what the test wants it to say: for what no honest one does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from sluice import oci
from sluice.oci import manifests
from sluice.testing import webs

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Scripted:
    """Answers `METHOD path` below `/v2/org/app/` with what is in `answers`, and 404 otherwise."""

    host: str = ""
    answers: dict[str, Answer | web.Response] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    """What was asked, and with which login."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        what = f"{request.method} {request.path_qs.removeprefix('/v2/org/app/')}"
        self.seen.append((what, request.headers.get("Authorization", "")))
        if request.path == "/v2/" and what not in self.answers:
            return web.Response()
        found = self.answers.get(what)
        if found is None:
            return web.Response(status=404)
        if isinstance(found, web.Response):
            # One for each request: an answer is sent once.
            return web.Response(status=found.status, body=found.body, headers=found.headers)
        return await found(request)

    def remote(self, registries: oci.Registries, login: oci.Login | None = None) -> oci.Remote:
        return registries.remote(oci.Repository.of_url(f"oci://{self.host}/org/app"), login=login)


@asynccontextmanager
async def serving() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.handle)
    async with webs.serving(app, handler_cancellation=True) as address:
        scripted.host = address.removeprefix("http://")
        yield scripted


def manifest(raw: bytes, **headers: str) -> web.Response:
    return web.Response(body=raw, headers={"Content-Type": manifests.OCI_MANIFEST, **headers})
