"""HTTP to the public endpoints of clouds: one request, one answer in JSON or text, never a secret in an error."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import aiohttp
import orjson

from sluice import aio, web
from sluice.auth.errors import AuthError

_SECONDS: Final = 10.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=_SECONDS)
_MOST_BYTES: Final = 1 << 20
_MOST_TOLD: Final = 300
_XML: Final = re.compile(rb"<Code>([^<]*)</Code>\s*<Message>([^<]*)</Message>")


class Asker:
    """One session for all, made with the first request and closed with its owner."""

    def __init__(self, tasks: aio.TaskOwner, client: web.Web | None = None) -> None:
        """`client` is who asks by way of proxies that users name."""
        self._tasks = tasks
        self._client = client
        self._session: aiohttp.ClientSession | None = None

    def via(self, proxy: web.Proxy | None) -> Asker:
        """Who asks what is asked over TLS by way of the proxy: metadata servers are near, and asked directly."""
        return self if proxy is None else _Proxied(self, self._client, proxy)

    async def json(self, method: str, url: str, *, hide: Iterable[str] = (), **sent: Any) -> dict[str, Any]:
        """The answer's object. As `text`."""
        body = await self.text(method, url, hide=hide, **sent)
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise AuthError(f"{_host(url)}: the answer is no JSON object")
        return found

    async def text(self, method: str, url: str, *, hide: Iterable[str] = (), **sent: Any) -> bytes:
        """The body of a successful answer; `sent` is aiohttp's (data, json, headers).

        Follows no redirect, which would take credentials elsewhere.

        Raises:
            AuthError: there is no answer in ten seconds, or it is an error. What `hide` names is not in the message.
        """
        try:
            proxy = web.of_environment(url)
            async with self._made().request(
                method, url, timeout=_TIMEOUT, allow_redirects=False, proxy=proxy.url() if proxy else None, **sent
            ) as answer:
                body = await _read(answer.content)
        except TimeoutError:
            raise AuthError(f"{_host(url)}: timed out") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AuthError(f"{_host(url)}: {type(error).__name__}") from None
        return _good(url, answer.status, body, hide)

    def _made(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            self._tasks.spawn(_kept_open(self._session), name="session of identities")
        return self._session


class _Proxied(Asker):
    """Asks by way of a proxy that a user names."""

    def __init__(self, direct: Asker, client: web.Web | None, proxy: web.Proxy) -> None:
        self._direct = direct
        self._client = client
        self._access = web.Access(proxy=proxy)

    async def text(self, method: str, url: str, *, hide: Iterable[str] = (), **sent: Any) -> bytes:
        if self._client is None or not url.startswith("https://"):
            return await self._direct.text(method, url, hide=hide, **sent)
        headers = dict(sent.get("headers") or {})
        data = None
        if "json" in sent:
            data, headers["Content-Type"] = orjson.dumps(sent["json"]), "application/json"
        elif isinstance(sent.get("data"), bytes):
            data = sent["data"]
        elif "data" in sent:
            data, headers["Content-Type"] = urlencode(sent["data"]).encode(), "application/x-www-form-urlencoded"
        address = f"{url}?{urlencode(sent['params'])}" if "params" in sent else url
        try:
            async with (
                asyncio.timeout(_SECONDS),
                self._client.request(
                    method, address, access=self._access, headers=headers, data=data, redirects=False
                ) as answer,
            ):
                body = await _read(answer.content)
        except TimeoutError:
            raise AuthError(f"{_host(url)}: timed out") from None
        except web.WebError as error:
            raise AuthError(str(error)) from None
        return _good(url, answer.status, body, hide)


async def _kept_open(session: aiohttp.ClientSession) -> None:
    async with session:
        await asyncio.Event().wait()


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = b""
    while len(body) <= _MOST_BYTES and (part := await content.read(_MOST_BYTES)):
        body += part
    return body


def _good(url: str, status: int, body: bytes, hide: Iterable[str]) -> bytes:
    if status != 200 or len(body) > _MOST_BYTES:
        raise AuthError(f"{_host(url)}: {status} {_told(body, hide)}".rstrip())
    return body


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _told(body: bytes, hide: Iterable[str]) -> str:
    """What an error answer says, in one line."""
    text = ""
    if match := _XML.search(body):
        text = b": ".join(match.groups()).decode("utf-8", "replace")
    else:
        with contextlib.suppress(orjson.JSONDecodeError):
            text = _message(orjson.loads(body))
    for secret in hide:
        text = text.replace(secret, "***") if secret else text
    return " ".join(text.split())[:_MOST_TOLD]


def _message(found: Any) -> str:
    if not isinstance(found, Mapping):
        return ""
    error = found.get("error")
    if isinstance(error, Mapping):
        return _message(error)
    parts = (error, found.get("error_description"), found.get("status") or found.get("code"), found.get("message"))
    return ": ".join(str(part) for part in parts if part)
