"""A bucket of Google's Cloud Storage: https://cloud.google.com/storage/docs/json_api."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import aiohttp
import orjson

from sluice import web
from sluice.buckets import transfers
from sluice.buckets.errors import AnswerError, BucketError, NoBucketError, NoObjectError, RefusedError
from sluice.buckets.objects import Fetched, Listed, Page

ENDPOINT: Final = "https://storage.googleapis.com"

Lend = Callable[[], Awaitable[str]]
"""Gives a token."""

_PAGE: Final = "1000"
_FIELDS: Final = "items(name,etag,size),nextPageToken"


class Bucket:
    """A bucket. See `objects.Bucket`."""

    def __init__(
        self,
        asker: web.Web,
        name: str,
        *,
        lend: Lend,
        endpoint: str = ENDPOINT,
        access: web.Access | None = None,
    ) -> None:
        self._web = asker
        self._base = f"{endpoint.rstrip('/')}/storage/v1/b/{quote(name, safe='')}/o"
        self._lend = lend
        self._access = access

    async def page(self, prefix: str, token: str) -> Page:
        """One request."""
        asked = {"maxResults": _PAGE, "fields": _FIELDS}
        asked |= {name: value for name, value in (("prefix", prefix), ("pageToken", token)) if value}
        async with self._request(f"{self._base}?{transfers.query_of(asked)}") as response:
            if response.status != 200:
                raise await _refused(response, NoBucketError("storage: bucket doesn't exist"))
            body = bytearray()
            async for chunk in response.content.iter_chunked(transfers.CHUNK):
                body += chunk
                if len(body) > transfers.PAGE_BYTES:
                    raise AnswerError(f"the answer is larger than {transfers.PAGE_BYTES} bytes")
        return _page(bytes(body))

    async def fetch(self, listed: Listed, into: BinaryIO, *, limit: int) -> Fetched:
        """Two requests: what it is, and then just that."""
        url = f"{self._base}/{quote(listed.key, safe='')}"
        missing = NoObjectError("storage: object doesn't exist")
        async with self._request(f"{url}?fields=etag%2Cgeneration") as response:
            if response.status != 200:
                raise await _refused(response, missing)
            now = _object(await transfers.said(response))
        if not isinstance(etag := now.get("etag"), str) or not str(now.get("generation", "")).isdigit():
            raise AnswerError("the answer says nothing of an object")
        async with self._request(f"{url}?alt=media&generation={now['generation']}") as response:
            if response.status != 200:
                raise await _refused(response, missing)
            return await transfers.save(response, into, etag=etag, limit=limit)

    @asynccontextmanager
    async def _request(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Authorization": f"Bearer {await self._lend()}", "Accept-Encoding": "identity"}
        asking = self._web.request("GET", url, access=self._access, headers=headers, redirects=False, verbatim=True)
        async with asking as response:
            yield response


def _page(body: bytes) -> Page:
    read = _object(body)
    token, items = read.get("nextPageToken") or "", read.get("items") or []
    if not isinstance(token, str) or not isinstance(items, list):
        raise AnswerError("the answer is no list of objects")
    return Page(objects=[_listed(each) for each in items], token=token)


def _listed(item: Any) -> Listed:
    try:
        key, etag, size = item["name"], item["etag"], item["size"]
    except (KeyError, TypeError):
        raise AnswerError("the answer lists an object without a name or an etag") from None
    if not isinstance(key, str) or not isinstance(etag, str) or not isinstance(size, str):
        raise AnswerError("the answer lists an object whose name or etag is no text")
    return Listed(key, etag, transfers.number(size))


async def _refused(response: aiohttp.ClientResponse, missing: BucketError) -> BucketError:
    """The error that an answer is."""
    if response.status == 404:
        return missing
    body = await transfers.said(response)
    error = _object(body, {}).get("error")
    message = error.get("message") if isinstance(error, dict) else error
    text = " ".join(str(message).split())[:300] if message else transfers.told(response, body)
    return RefusedError(f"googleapi: Error {response.status}: {text}", code=str(response.status))


def _object(body: bytes, otherwise: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    if otherwise is None:
        raise AnswerError("the answer is no JSON object")
    return otherwise
