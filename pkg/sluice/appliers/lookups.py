"""What templates of charts may look up in a cluster: a forwarder on loopback, which holds the identity.

A chart is rendered in a worker process, which speaks to this forwarder and to no other server. A visit is one
rendering's permission, under an unguessable path: `/KEY/api/v1/...` is asked of the release's cluster as who the
release belongs to. Only discovery and single objects and lists are let through, and only as GETs: no watch, no
subresource, nothing that upgrades the connection. What the server says about a request is the worker's to tell.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from sluice import kube
from sluice.web import loopback

MOST_BYTES: Final = 64 << 20
"""What one rendering may read: far above what a chart looks at, below what hurts a worker."""

_TOO_LARGE: Final = "RequestEntityTooLarge"
_NAME: Final = r"[^/?#%\\]+"
_GROUP: Final = rf"/(?:api/v1|apis/{_NAME}/{_NAME})"
_DISCOVERY: Final = re.compile(rf"/api|/apis|{_GROUP}")
_OBJECTS: Final = re.compile(rf"{_GROUP}(?:/namespaces/{_NAME})?/{_NAME}(?:/{_NAME})?")
_DOTS: Final = re.compile(r"/\.\.?(?:/|$)")


@dataclass(kw_only=True)
class Visit:
    """One rendering's permission to look things up."""

    client: kube.Client
    """As who the objects are looked at."""
    address: str = field(default="", repr=False)
    """For `Order.lookup`."""
    failure: kube.KubeError | None = None
    """Why the cluster could not be asked; what it refused is no failure, but the chart's to bear."""
    left: int = MOST_BYTES
    known: dict[str, bytes] = field(default_factory=dict, repr=False)
    """What discovery said: Helm asks before every lookup."""


class Lookups:
    """The forwarder; an async context manager."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._stack = AsyncExitStack()
        self._port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{key}/{rest:.*}", self._serve, allow_head=False)
        self._port = await self._stack.enter_async_context(loopback(app))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @contextmanager
    def visit(self, client: kube.Client) -> Iterator[Visit]:
        """Permission to see what the client sees, until the block ends."""
        key = secrets.token_urlsafe(24)
        visit = self._visits[key] = Visit(client=client, address=f"http://127.0.0.1:{self._port}/{key}")
        try:
            yield visit
        finally:
            del self._visits[key]

    async def _serve(self, request: web.Request) -> web.Response:
        visit = self._visits.get(request.match_info["key"])
        if visit is None:
            # To Helm, what is not found is an object that is not there.
            raise web.HTTPGone
        path = "/" + request.raw_path.split("/", 2)[2].partition("?")[0]
        try:
            return web.Response(body=await _answer(visit, path), content_type="application/json")
        except kube.ApiError as error:
            if error.status >= 500:
                visit.failure = error
            return _refusal(error.status, error.reason, error.message)
        except kube.KubeError as error:
            visit.failure = error
            return _refusal(503, "ServiceUnavailable", str(error))


async def _answer(visit: Visit, path: str) -> bytes:
    """What the cluster has at a path. Queries are left out: the worker's are timeouts alone."""
    if path in visit.known:
        return visit.known[path]
    is_discovery = bool(_DISCOVERY.fullmatch(path))
    if not is_discovery and (not _OBJECTS.fullmatch(path) or _DOTS.search(path)):
        raise kube.ApiError(403, "Forbidden", f"templates may look at objects and lists of them, not at {path}")
    try:
        found = await visit.client.fetch(path, limit=visit.left)
    except kube.TooLarge:
        raise kube.ApiError(413, _TOO_LARGE, f"templates may look at {MOST_BYTES} bytes, and not at more") from None
    visit.left -= len(found)
    if is_discovery:
        visit.known[path] = found
    return found


def _refusal(code: int, reason: str, message: str) -> web.Response:
    """What the server said, as Helm makes its own words of it."""
    if not reason:
        return web.Response(status=code, text=message)
    status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return web.json_response({**status, "message": message, "reason": reason, "code": code}, status=code)
