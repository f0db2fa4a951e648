"""A container of Azure's blob storage: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import BinaryIO, Final
from urllib.parse import unquote

import aiohttp

from sluice import web
from sluice.buckets import documents, transfers
from sluice.buckets.azure.endpoints import Endpoint
from sluice.buckets.azure.logins import Login
from sluice.buckets.errors import AnswerError, BucketError, NoBucketError, NoObjectError, RefusedError
from sluice.buckets.objects import Fetched, Listed, Page

_VERSION: Final = "2021-12-02"
_PAGE: Final = "1000"
_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"
_UNKNOWN: Final = (
    "the specified bucket name may be incorrect, nonexistent, "
    "or the caller might lack sufficient permissions to access it"
)


class Bucket:
    """A container. See `objects.Bucket`.

    An etag is as the header of a download has it, in quotes: so Flux computes revisions.
    """

    def __init__(
        self,
        asker: web.Web,
        endpoint: Endpoint,
        name: str,
        *,
        login: Login,
        now: Callable[[], datetime],
        access: web.Access | None = None,
    ) -> None:
        self._web = asker
        self._endpoint = endpoint
        self._name = name
        self._login = login
        self._now = now
        self._access = access

    async def page(self, prefix: str, token: str) -> Page:
        """One request."""
        asked = {"restype": "container", "comp": "list", "maxresults": _PAGE}
        asked |= {name: value for name, value in (("prefix", prefix), ("marker", token)) if value}
        async with self._request("", asked) as response:
            if response.status != 200:
                raise await _refused(response)
            chunks = response.content.iter_chunked(transfers.CHUNK)
            read = await documents.read(chunks, item="Blob", limit=transfers.PAGE_BYTES)
        if read.root != "EnumerationResults":
            raise AnswerError("the answer is no list of blobs")
        blobs = [_listed(each) for each in read.items if each.get("Properties/ResourceType") != "directory"]
        return Page(objects=blobs, token=read.texts.get("NextMarker", ""))

    async def fetch(self, listed: Listed, into: BinaryIO, *, limit: int) -> Fetched:
        """One request."""
        async with self._request(listed.key, {}) as response:
            if response.status != 200:
                raise await _refused(response)
            return await transfers.save(response, into, etag=response.headers.get("ETag", ""), limit=limit)

    @asynccontextmanager
    async def _request(self, blob: str, asked: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        url = self._endpoint.url(self._name, blob, asked)
        headers = {"x-ms-date": self._now().strftime(_DATE), "x-ms-version": _VERSION, "Accept-Encoding": "identity"}
        headers |= await self._login.headers("GET", url, headers)
        asking = self._web.request("GET", url, access=self._access, headers=headers, redirects=False, verbatim=True)
        async with asking as response:
            yield response


def _listed(item: Mapping[str, str]) -> Listed:
    try:
        name = item["Name"]
        key = unquote(name, errors="strict") if item.get("Name@Encoded") == "true" else name
        etag = item["Properties/Etag"]
        return Listed(
            key,
            etag if etag.startswith('"') else f'"{etag}"',
            transfers.number(item.get("Properties/Content-Length", "0")),
        )
    except (KeyError, UnicodeDecodeError):
        raise AnswerError("the answer lists a blob without a name that is text, or without an etag") from None


async def _refused(response: aiohttp.ClientResponse) -> BucketError:
    """The error that an answer is."""
    body = await transfers.said(response)
    try:
        texts = documents.parse(body).texts
    except AnswerError:
        texts = {}
    code = response.headers.get("x-ms-error-code") or texts.get("Code", "")
    # What follows in further lines are numbers of the request, different each time.
    message = next(iter(texts.get("Message", "").splitlines()), "").strip()
    if code == "ContainerNotFound":
        return NoBucketError(message)
    if code == "BlobNotFound":
        return NoObjectError(message)
    text = f"{response.status} {code}: {message}" if code else transfers.told(response, body)
    return RefusedError(f"{_UNKNOWN}: {text}" if code == "AuthenticationFailed" else text, code=code)
