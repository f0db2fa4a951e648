"""S3: where buckets are, what is asked, and what is made of the answers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping

import pytest
from aiohttp import web as server
from tests.buckets.conftest import Store, now, serving

from sluice import sigv4, web
from sluice.buckets import listing, s3
from sluice.buckets.errors import AnswerError, EndpointError, LimitError, NoObjectError, RefusedError
from sluice.buckets.listing import Limits
from sluice.buckets.objects import Listed

KEYS = sigv4.Keys(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


async def lend() -> sigv4.Keys:
    return KEYS


def bucket(
    asker: web.Web, store: Store, region: str = "", regions: dict[tuple[s3.Endpoint, str], str] | None = None
) -> s3.Bucket:
    endpoint = s3.Endpoint.parse(store.host, insecure=True)
    known = {} if regions is None else regions
    return s3.Bucket(asker, endpoint, "app", lend=lend, now=now, region=region, regions=known)


async def everything(found: s3.Bucket, limits: Limits | None = None, seconds: float = 20) -> list[Listed]:
    deadline = asyncio.get_running_loop().time() + seconds
    return await listing.everything(found, "", limits or Limits(), deadline=deadline)


def page(*items: str, more: Mapping[str, str] | None = None) -> server.Response:
    contents = "".join(f'<Contents><Key>{key}</Key><ETag>"e"</ETag><Size>1</Size></Contents>' for key in items)
    tail = "".join(f"<{name}>{value}</{name}>" for name, value in (more or {}).items())
    return server.Response(text=f"<ListBucketResult>{contents}{tail}</ListBucketResult>")


def error(status: int, code: str, **more: str) -> server.Response:
    texts = {"Code": code, "Message": f"it is {code}", **more}
    text = "".join(f"<{name}>{value}</{name}>" for name, value in texts.items())
    return server.Response(status=status, text=f"<Error>{text}</Error>")


@pytest.mark.parametrize(
    ("endpoint", "name", "region", "url"),
    [
        ("minio.example:9000", "app", "", "https://minio.example:9000/app/"),
        ("minio.example:443", "app", "", "https://minio.example/app/"),
        ("minio.example/", "app", "", "https://minio.example/app/"),
        ("[::1]:9000", "app", "", "https://[::1]:9000/app/"),
        ("s3.amazonaws.com", "app", "us-east-1", "https://app.s3.amazonaws.com/"),
        ("s3.amazonaws.com", "app", "eu-west-1", "https://app.s3.dualstack.eu-west-1.amazonaws.com/"),
        ("s3.amazonaws.com", "my.app", "us-east-1", "https://s3.amazonaws.com/my.app/"),
        ("s3.eu-west-1.amazonaws.com", "app", "eu-west-1", "https://app.s3.eu-west-1.amazonaws.com/"),
        ("s3.cn-north-1.amazonaws.com.cn", "app", "", "https://app.s3.cn-north-1.amazonaws.com.cn/"),
        ("storage.googleapis.com", "app", "", "https://app.storage.googleapis.com/"),
        ("oss-cn-hangzhou.aliyuncs.com", "app", "", "https://app.oss-cn-hangzhou.aliyuncs.com/"),
    ],
)
def test_a_bucket_is_a_host_or_a_path_as_with_minio_go(endpoint: str, name: str, region: str, url: str) -> None:
    assert s3.Endpoint.parse(endpoint, insecure=False).url(name, region) == url


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("s3.amazonaws.com", ""),
        ("s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3-us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3-fips.us-east-2.amazonaws.com", "us-east-2"),
        ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
        ("minio.example", ""),
    ],
)
def test_a_host_of_amazon_says_its_region(host: str, region: str) -> None:
    assert s3.Endpoint.parse(host, insecure=False).region == region


@pytest.mark.parametrize(
    "text", ["", "a/b", "http://a", "https://a", "u:p@a", "a b", "a:b", "a?x=y", "-a", "[::1", "a:99999"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(EndpointError):
        s3.Endpoint.parse(text, insecure=False)


async def test_the_region_that_a_store_names_is_asked_once_and_remembered(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        if "/eu-west-9/s3/" not in request.headers["Authorization"]:
            return error(400, "AuthorizationHeaderMalformed", Region="eu-west-9")
        return page("a")

    regions: dict[tuple[s3.Endpoint, str], str] = {}
    async with serving(handle) as store:
        for asked in (2, 3):
            assert await everything(bucket(asker, store, regions=regions)) == [Listed("a", "e", 1)]
            assert len(store.asked) == asked
        with pytest.raises(listing.FirstPageError):
            await everything(bucket(asker, store, region="us-east-1"))


async def test_a_store_that_sends_from_region_to_region_is_asked_twice(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        return error(400, "InvalidRegion", Region=f"r{len(store.asked)}")

    async with serving(handle) as store:
        with pytest.raises(listing.FirstPageError):
            await everything(bucket(asker, store))
        assert len(store.asked) == 2


async def test_a_redirect_is_not_followed(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        return server.Response(status=307, headers={"Location": f"{store.url}/elsewhere"})

    async with serving(handle) as store:
        with pytest.raises(listing.FirstPageError) as caught:
            await everything(bucket(asker, store))
        assert str(caught.value.__cause__) == "307 Temporary Redirect"
        assert len(store.asked) == 1


@pytest.mark.parametrize("more", [{"NextContinuationToken": "same"}, {}])
async def test_a_list_that_leads_in_circles_is_cut(asker: web.Web, more: dict[str, str]) -> None:
    async def handle(request: server.Request) -> server.Response:
        return page("a", more={"IsTruncated": "true", **more})

    async with serving(handle) as store:
        with pytest.raises((AnswerError, listing.FirstPageError)):
            await everything(bucket(asker, store))
        assert len(store.asked) <= 2


async def test_a_list_without_end_is_cut(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        at = len(store.asked)
        return page(
            *(f"{at}-{n}" for n in range(keys)), more={"IsTruncated": "true", "NextContinuationToken": f"t{at}"}
        )

    async with serving(handle) as store:
        keys = 1000
        with pytest.raises(LimitError, match="more than 5000 objects"):
            await everything(bucket(asker, store), Limits(count=5000))
        assert len(store.asked) == 6
        keys = 0
        with pytest.raises(AnswerError, match="has no end"):
            await everything(bucket(asker, store))


async def test_keys_that_are_encoded_are_read_as_such(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        return page("a+b%2Bc%0A%C3%BC", more={"EncodingType": "url"})

    async with serving(handle) as store:
        assert [each.key for each in await everything(bucket(asker, store))] == ["a b+c\nü"]


@pytest.mark.parametrize("text", ["<Other/>", "<html/>", "{}", "<ListBucketResult><Contents/></ListBucketResult>"])
async def test_what_is_no_list_is_refused(asker: web.Web, text: str) -> None:
    async def handle(request: server.Request) -> server.Response:
        return server.Response(text=text)

    async with serving(handle) as store:
        with pytest.raises(listing.FirstPageError) as caught:
            await everything(bucket(asker, store))
        assert isinstance(caught.value.__cause__, AnswerError)


async def test_an_object_is_taken_as_it_was_sent(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        assert request.raw_path == "/app/a/../b%20%2B%25"
        return server.Response(body=b"\x1f\x8b no gzip", headers={"ETag": '"e2"', "Content-Encoding": "gzip"})

    async with serving(handle) as store:
        into = io.BytesIO()
        fetched = await bucket(asker, store).fetch(Listed("a/../b +%", "e", 1), into, limit=100)
        assert (into.getvalue(), fetched.etag, fetched.size) == (b"\x1f\x8b no gzip", "e2", 10)


async def test_an_endless_object_is_cut(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.StreamResponse:
        answer = server.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(bytes(1 << 16))

    async with serving(handle) as store:
        with pytest.raises(LimitError, match="larger than 100000 bytes"):
            await bucket(asker, store).fetch(Listed("a", "e", 1), io.BytesIO(), limit=100_000)


async def test_an_object_that_is_cut_short_is_none(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.StreamResponse:
        answer = server.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"short")
        assert request.transport is not None
        request.transport.close()
        return answer

    async with serving(handle) as store:
        with pytest.raises(web.WebError, match="unexpected EOF"):
            await bucket(asker, store).fetch(Listed("a", "e", 1), io.BytesIO(), limit=1000)


async def test_what_is_gone_is_told_from_what_is_refused(asker: web.Web) -> None:
    answers = [
        error(404, "NoSuchKey"),
        server.Response(status=404),
        error(404, "NoSuchBucket"),
        error(403, "AccessDenied"),
    ]

    async def handle(request: server.Request) -> server.Response:
        return answers[len(store.asked) - 1]

    async with serving(handle) as store:
        for kind in (NoObjectError, NoObjectError, RefusedError, RefusedError):
            with pytest.raises(kind):
                await bucket(asker, store).fetch(Listed("a", "e", 1), io.BytesIO(), limit=1)
