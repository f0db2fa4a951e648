"""A real HTTP server whose every answer a test writes, for what a well-behaved API server would never do.

server.on("GET", "/api/v1/namespaces", json({"items": []}))
server.on("GET", "/api/v1/pods", failure(429, "TooManyRequests"), json({"items": []}))
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from sluice import kube
from sluice.testing import webs

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Scripted:
    """Answers to the requests of a path in the order given, the last one again and again."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.Request] = []
        self.connections: set[object] = set()
        self._scripts: dict[str, list[Answer]] = {}

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Answer the requests of a path so, from now on."""
        self._scripts[f"{method} {path}"] = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer the next request; whatever has no script is 404."""
        self.requests.append(request)
        self.connections.add(request.transport)
        await request.read()
        script = self._scripts.get(f"{request.method} {request.path}")
        if not script:
            return web.Response(status=404, text="404 page not found")
        return await (script.pop(0) if len(script) > 1 else script[0])(request)

    def kubeconfig(self, **user: Any) -> dict[str, Any]:
        """A kubeconfig document for this server, by default with the token `sesame` and the namespace `here`."""
        return {
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "here"}}],
            "clusters": [{"name": "test", "cluster": {"server": self.url}}],
            "users": [{"name": "test", "user": user or {"token": "sesame"}}],
        }

    async def connect(self, **options: Any) -> kube.Client:
        """A client of this server."""
        return await kube.Client.connect(self.kubeconfig(), user_agent="test/1", **options)


def json(body: Any, *, code: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """This document."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=orjson.dumps(body), status=code, headers={**(headers or {}), "Content-Type": "application/json"}
        )

    return answer


def failure(code: int, reason: str, message: str = "no", *, headers: Mapping[str, str] | None = None) -> Answer:
    """A failure Status."""
    return json({"kind": "Status", "code": code, "reason": reason, "message": message}, code=code, headers=headers)


def stream(*chunks: bytes, cut: bool = False, then: Callable[[], Awaitable[Any]] | None = None) -> Answer:
    """A watch: these chunks, then wait for `then`, then a clean end, or the connection cut."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then is not None:
            await then()
        if cut:
            assert request.transport is not None
            request.transport.abort()
        return response

    return answer


def config_map(name: str, version: int, uid: str = "", **data: str) -> dict[str, Any]:
    """A ConfigMap in the namespace `here`."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "here",
            "resourceVersion": str(version),
            "uid": uid or f"uid-{name}",
        },
        "data": data,
    }


def line(kind: str, obj: dict[str, Any]) -> bytes:
    """One line of a watch."""
    return orjson.dumps({"type": kind, "object": obj}) + b"\n"


def bookmark(version: int) -> bytes:
    """The line of a bookmark."""
    return line("BOOKMARK", {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": str(version)}})


@contextlib.asynccontextmanager
async def serve(tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """A server on a free port of the loopback interface, over TLS if a context is given."""
    server = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with webs.serving(app, tls=tls, handler_cancellation=True) as server.url:
        yield server
