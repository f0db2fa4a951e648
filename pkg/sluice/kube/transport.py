"""HTTP to one API server: pooled connections, credentials, rate limit, retries, and errors turned into ours.

The vendor's `RESTClientObject` builds the TLS context and the aiohttp session; requests go to that session directly
(docs/decisions has the measurement behind it). Bodies are `bytes` in both directions: who calls decides how to
decode.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import orjson

from sluice import aio, web
from sluice.kube import bodies, configs, errors, limits, pools
from sluice.kube.traffic import Traffic

# A request may wait for webhooks and for the server's own limit of 60 s; past that nobody is going to answer.
_TIMEOUT = aiohttp.ClientTimeout(sock_connect=10, sock_read=75)
_MAX_TRIES = 10
_MAX_RETRY_AFTER = 30.0
_APF_HEADER = "X-Kubernetes-Pf-Flowschema-Uid"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One finished request, for metrics: `code` is the HTTP status, or `<error>` when none came."""

    method: str
    code: str
    host: str
    resource: str
    seconds: float


Observer = Callable[[Seen], None]
"""Called after every request; must be quick and must not raise."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as a value. `resource` is the plural name for metrics; `body` is sent as it is."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"
    headers: Mapping[str, str] | None = None
    resource: str = ""

    @property
    def target(self) -> str:
        """Path and query string."""
        pairs = {key: value for key, value in (self.query or {}).items() if value}
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A successful response."""

    body: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The body decoded; None when empty. Raises `Unreachable`: no API server sends anything else."""
        try:
            return orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            raise errors.Unreachable(f"the answer is not JSON but {self.content_type or 'of no known type'}") from None


class Transport:
    """The connections to one server under one identity. Made by `open`, ended by `close`."""

    def __init__(
        self, settings: configs.Settings, *, user_agent: str, clock: aio.Clock, limit: limits.RateLimit
    ) -> None:
        self.settings = settings
        self.on_request: Observer | None = None
        self.may_write: Callable[[Call], bool] = lambda call: True
        """Asked before a request that is not a GET is sent, and once more as it goes out: it may be refused."""
        self._clock = clock
        self._limit = limit
        self._user_agent = user_agent
        self._pool = pools.Pool(settings)
        self._closed = False
        self.traffic = Traffic()
        self._proxy = settings.configuration.proxy or _of_environment(settings.host)
        self._server_hostname = settings.configuration.tls_server_name

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        await self._pool.close()

    async def request(self, call: Call, *, limit: int | None = None) -> Answer:
        """Send and read the whole answer. Raises `ApiError` or `Unreachable`, and `TooLarge` beyond `limit` bytes.

        Tried again only where that is safe: on 429 (the server did nothing) after the time it asks for, and on
        a refused connection for a GET.
        """
        for attempt in range(1, _MAX_TRIES + 1):
            try:
                return await self._request_once(call, limit)
            except errors.TooManyRequests as error:
                if attempt == _MAX_TRIES or not error.retry_after:
                    raise
                await self._clock.sleep(min(error.retry_after, _MAX_RETRY_AFTER))
            except Refused:
                if attempt >= 3 or call.method != "GET":
                    raise
                await self._clock.sleep(0.1 * attempt)
        raise AssertionError("unreachable")

    async def _request_once(self, call: Call, limit: int | None) -> Answer:
        async with self.traffic, self.stream(call, patience=_TIMEOUT) as response:
            with _translated(self.settings.host):
                body = await (response.read() if limit is None else _bounded(response, limit))
            return Answer(body=body, content_type=response.headers.get("Content-Type", ""), headers=response.headers)

    @contextlib.asynccontextmanager
    async def stream(self, call: Call, *, patience: aiohttp.ClientTimeout) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send once and hand out the response, its body unread, when it is a success. Raises like `request`."""
        await self._limit.wait()
        started = self._clock.monotonic()
        code = "<error>"
        response = None
        try:
            with _translated(self.settings.host):
                response = await self._send(call, patience)
                code = str(response.status)
                if response.status >= 300:  # nothing in the API redirects
                    raise _failure(response, await response.read())
            if self._limit.on and _APF_HEADER in response.headers:
                self._limit.switch_off()
            self._observe(call, code, started)
            started = -1.0
            yield response
        finally:
            if started >= 0:
                self._observe(call, code, started)
            if response is not None:
                _done_with(response)

    async def _send(self, call: Call, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        headers = {"Accept": call.accept, "User-Agent": self._user_agent, **(call.headers or {})}
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        authorization = await self.settings.configuration.get_api_key_with_prefix("BearerToken")
        if authorization:
            headers["Authorization"] = authorization.strip()
        if self._closed:
            raise errors.Unreachable(f"{self.settings.host}: the client is closed")
        self._permit(call)
        return await self._pool.session().request(
            call.method,
            self.settings.host + call.target,
            data=None if call.body is None else bodies.Guarded(call.body, lambda: self._permit(call)),
            headers=headers,
            timeout=patience,
            proxy=self._proxy,
            server_hostname=self._server_hostname,
            allow_redirects=False,
        )

    def _permit(self, call: Call) -> None:
        if call.method != "GET" and not self.may_write(call):
            raise errors.Unreachable("not sent: this process may not write any more")

    def _observe(self, call: Call, code: str, started: float) -> None:
        if self.on_request is not None:
            self.on_request(
                Seen(
                    method=call.method,
                    code=code,
                    host=urlsplit(self.settings.host).netloc,
                    resource=call.resource,
                    seconds=self._clock.monotonic() - started,
                )
            )


def _done_with(response: aiohttp.ClientResponse) -> None:
    """Give the connection back if the body was read to its end; if not, cut it."""
    connection = response.connection
    if connection is not None and connection.transport is not None and not response.content.at_eof():
        # Closing in good order would wait for the server's side of the TLS shutdown, unowned, for up to half a minute.
        connection.transport.abort()
    response.release()


class Refused(errors.Unreachable):
    """The connection was never made: the server saw nothing of the request."""


@contextlib.contextmanager
def _translated(host: str) -> Iterator[None]:
    """Turn the transport's exceptions into `Unreachable`. Their texts name hosts and causes, never headers."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise errors.Unreachable(f"{host}: {error.certificate_error}") from None
    except aiohttp.ClientConnectorError as error:
        raise Refused(f"{host}: {_cause(error.os_error)}") from None
    except TimeoutError:
        raise errors.Unreachable(f"{host}: timed out") from None
    except (aiohttp.ClientError, ssl.SSLError, OSError, asyncio.IncompleteReadError) as error:
        raise errors.Unreachable(f"{host}: {_one_line(error)}") from None


def _cause(error: OSError) -> str:
    """`Connection refused`, where asyncio would say which call failed; a resolver's codes are not the system's."""
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)


def _one_line(error: BaseException) -> str:
    return " ".join((str(error) or type(error).__name__).split())


async def _bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > limit:
            raise errors.TooLarge(limit)
    return bytes(body)


def _failure(response: aiohttp.ClientResponse, body: bytes) -> errors.ApiError:
    retry_after = response.headers.get("Retry-After", "")
    seconds = float(retry_after) if retry_after.isdigit() else 0.0
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        # A proxy, or a path outside the API: its text is all there is.
        text = body[:512].decode("utf-8", "replace").strip()
        status = {"message": text or f"{response.status} {response.reason}"}
    return errors.from_status(status, code=response.status, retry_after=seconds)


def _of_environment(host: str) -> str | None:
    found = web.of_environment(host)
    return found.url() if found else None
