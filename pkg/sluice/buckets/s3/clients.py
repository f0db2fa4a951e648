"""A bucket of S3, or of what speaks like it: https://docs.aws.amazon.com/AmazonS3/latest/API/."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import BinaryIO, Final
from urllib.parse import quote, unquote_plus

import aiohttp

from sluice import sigv4, web
from sluice.buckets import documents, transfers
from sluice.buckets.errors import AnswerError, BucketError, NoBucketError, NoObjectError, RefusedError
from sluice.buckets.objects import Fetched, Listed, Page
from sluice.buckets.s3.endpoints import DEFAULT_REGION, Endpoint, check_name, is_region

Lend = Callable[[], Awaitable[sigv4.Keys | None]]
"""Gives the keys to sign with; None for nobody's."""

_PAGE: Final = "1000"
_ELSEWHERE: Final = (
    "AccessDenied",
    "AuthorizationHeaderMalformed",
    "InvalidRegion",
    "PermanentRedirect",
    "TemporaryRedirect",
)
"""What a store says when it was asked as if the bucket were in another region."""
_STATUSES: Final = {
    403: ("AccessDenied", "Access Denied."),
    409: ("Conflict", "Bucket not empty."),
    412: ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold."),
}
"""What an answer without any text means."""


class Bucket:
    """A bucket of S3. See `objects.Bucket`."""

    def __init__(
        self,
        asker: web.Web,
        endpoint: Endpoint,
        name: str,
        *,
        lend: Lend,
        now: Callable[[], datetime],
        region: str = "",
        regions: MutableMapping[tuple[Endpoint, str], str],
        access: web.Access | None = None,
    ) -> None:
        """`regions`: of buckets that have been found elsewhere than they were looked for; kept by the caller."""
        self._web = asker
        self._endpoint = endpoint
        self._name = name
        self._lend = lend
        self._now = now
        self._fixed = region
        self._regions = regions
        self._access = access

    async def page(self, prefix: str, token: str) -> Page:
        """One request, two when the bucket turns out to be in another region."""
        check_name(self._name)
        asked = {"list-type": "2", "encoding-type": "url", "max-keys": _PAGE, "prefix": prefix}
        if token:
            asked["continuation-token"] = token
        try:
            read = await self._list(asked)
        except RefusedError as error:
            if not self._found_elsewhere(error):
                raise
            read = await self._list(asked)
        return _page(read)

    async def fetch(self, listed: Listed, into: BinaryIO, *, limit: int) -> Fetched:
        """One request."""
        async with self._request(quote(listed.key, safe="/-_.~")) as response:
            if response.status != 200:
                raise await _refused(response, NoObjectError("The specified key does not exist."), "NoSuchKey")
            etag = response.headers.get("ETag", "").strip('"')
            return await transfers.save(response, into, etag=etag, limit=limit)

    async def _list(self, asked: Mapping[str, str]) -> documents.Document:
        async with self._request("", transfers.query_of(asked)) as response:
            if response.status != 200:
                raise await _refused(response, NoBucketError("The specified bucket does not exist"), "NoSuchBucket")
            chunks = response.content.iter_chunked(transfers.CHUNK)
            return await documents.read(chunks, item="Contents", limit=transfers.PAGE_BYTES)

    @asynccontextmanager
    async def _request(self, path: str, query: str = "") -> AsyncIterator[aiohttp.ClientResponse]:
        region = self._fixed or self._endpoint.region or self._regions.get((self._endpoint, self._name), "")
        region = region or DEFAULT_REGION
        url = self._endpoint.url(self._name, region) + path + (f"?{query}" if query else "")
        keys = await self._lend()
        headers = {"Accept-Encoding": "identity"}
        if keys is not None:
            signer = sigv4.Signer(keys=keys, region=region, service="s3", now=self._now())
            headers |= signer.headers("GET", url, {})
        asking = self._web.request("GET", url, access=self._access, headers=headers, redirects=False, verbatim=True)
        async with asking as response:
            yield response

    def _found_elsewhere(self, error: RefusedError) -> bool:
        if self._fixed or error.code not in _ELSEWHERE or not is_region(error.region):
            return False
        known = self._regions.get((self._endpoint, self._name))
        self._regions[self._endpoint, self._name] = error.region
        return known != error.region


def _page(read: documents.Document) -> Page:
    if read.root != "ListBucketResult":
        raise AnswerError("the answer is no list of objects")
    encoded = read.texts.get("EncodingType") == "url"
    objects = [_listed(each, encoded) for each in read.items]
    if read.texts.get("IsTruncated") != "true":
        return Page(objects=objects)
    token = read.texts.get("NextContinuationToken", "")
    if not token:
        raise AnswerError("Truncated response should have continuation token set")
    return Page(objects=objects, token=token)


def _listed(item: Mapping[str, str], encoded: bool) -> Listed:
    try:
        key = unquote_plus(item["Key"], errors="strict") if encoded else item["Key"]
        return Listed(key, item.get("ETag", "").strip('"'), transfers.number(item.get("Size", "0")))
    except (KeyError, UnicodeDecodeError):
        raise AnswerError("the answer lists an object without a key that is text") from None


async def _refused(response: aiohttp.ClientResponse, missing: BucketError, missing_code: str) -> BucketError:
    """The error that an answer is: `missing` if it says so by its code, or only by its status."""
    body = await transfers.said(response)
    try:
        texts = documents.parse(body).texts
    except AnswerError:
        texts = {}
    region = texts.get("Region") or response.headers.get("x-amz-bucket-region") or ""
    code, message = texts.get("Code", ""), " ".join(texts.get("Message", "").split())
    if code == missing_code or (not code and response.status == 404):
        return missing
    if not code and response.status in _STATUSES:
        code, message = _STATUSES[response.status]
    if not message:
        message = f"Error response code {code}." if code else transfers.told(response, body)
    return RefusedError(message, code=code or str(response.status), region=region)
