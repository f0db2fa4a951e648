"""Stores that say what a test has told them to, over real HTTP."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web as server

from sluice import web
from sluice.testing import webs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Handler = Callable[[server.Request], Awaitable[server.StreamResponse]]


@dataclass
class Store:
    """What was asked of a store, and what it answers."""

    handler: Handler
    url: str = ""
    asked: list[server.Request] = field(default_factory=list)

    async def handle(self, request: server.Request) -> server.StreamResponse:
        self.asked.append(request)
        return await self.handler(request)

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Store]:
    """A store that answers as the handler does."""
    made = Store(handler)
    application = server.Application()
    application.router.add_route("*", "/{path:.*}", made.handle)
    async with webs.serving(application, tls=tls, handler_cancellation=True) as made.url:
        yield made


@pytest.fixture
async def asker() -> AsyncIterator[web.Web]:
    async with web.Web() as running:
        yield running


def now() -> datetime:
    return NOW
