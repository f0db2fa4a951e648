"""A cloud on loopback: what it is asked, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from sluice import aio, auth
from sluice.testing import webs


@dataclass
class Cloud:
    """Answers each path with what the test has put there."""

    asker: auth.Asker
    url: str = ""
    answers: dict[str, web.Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def answer(self, path: str, body: Any, status: int = 200) -> None:
        self.answers[path] = web.json_response(body, status=status)

    def answer_text(self, path: str, text: str, status: int = 200) -> None:
        self.answers[path] = web.Response(text=text, status=status)

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        self.headers.append(dict(request.headers))
        as_json = request.content_type == "application/json" and request.can_read_body
        self.bodies.append(await request.json() if as_json else {**request.query, **await request.post()})
        found = self.answers.get(request.path)
        if found is None:
            return web.Response(status=404)
        assert isinstance(found.body, bytes)
        return web.Response(body=found.body, status=found.status, headers=found.headers)


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with aio.TaskOwner() as tasks:
        made = Cloud(auth.Asker(tasks))
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", made.handle)
        async with webs.serving(application) as made.url:
            yield made


def account(**annotations: str) -> auth.Account:
    return auth.Account(namespace="apps", name="reader", uid="u", annotations=annotations)


def minted(clock: aio.Clock) -> auth.Credential:
    return auth.Credential.bearer("of-account", clock.now())
