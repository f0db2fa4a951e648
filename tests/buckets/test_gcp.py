"""Google's Cloud Storage, as documented: who asks, what is listed, and what is fetched."""

from __future__ import annotations

import base64
import io
import json
import pathlib
from typing import Any

import pytest
from aiohttp import web as server
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.buckets.conftest import NOW, Store, serving

from sluice import web
from sluice.buckets import gcp
from sluice.buckets.errors import AnswerError, LoginError, NoBucketError, NoObjectError, RefusedError
from sluice.buckets.objects import Listed
from sluice.testing.git_tls import Authority


async def lend() -> str:
    return "of-google"


def bucket(asker: web.Web, store: Store) -> gcp.Bucket:
    return gcp.Bucket(asker, "app", lend=lend, endpoint=store.url)


async def test_objects_are_listed_page_by_page_and_fetched_as_they_are_now(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        assert request.headers["Authorization"] == "Bearer of-google"
        path, _, query = request.raw_path.partition("?")
        if path == "/storage/v1/b/app/o":
            if request.query.get("pageToken") == "p/2":
                return server.json_response({"items": [{"name": "b", "etag": "CB=", "size": "2"}]})
            assert (request.query["prefix"], request.query["maxResults"]) == ("in/", "1000")
            item = {"name": "in/ü", "etag": "CA=", "size": "1"}
            return server.json_response({"items": [item], "nextPageToken": "p/2"})
        assert path == "/storage/v1/b/app/o/in%2F%C3%BC"
        if "alt=media" in query:
            assert request.query["generation"] == "7"
            return server.Response(text="text")
        return server.json_response({"etag": "CC=", "generation": "7"})

    async with serving(handle) as store:
        found = bucket(asker, store)
        first = await found.page("in/", "")
        second = await found.page("in/", first.token)
        assert [*first.objects, *second.objects] == [Listed("in/ü", "CA=", 1), Listed("b", "CB=", 2)]
        assert second.token == ""
        into = io.BytesIO()
        fetched = await found.fetch(first.objects[0], into, limit=10)
        assert (into.getvalue(), fetched.etag) == (b"text", "CC=")


async def test_what_is_missing_or_refused_is_told(asker: web.Web) -> None:
    status = 404

    async def handle(request: server.Request) -> server.Response:
        return server.json_response({"error": {"code": status, "message": "no\nmore"}}, status=status)

    async with serving(handle) as store:
        with pytest.raises(NoBucketError):
            await bucket(asker, store).page("", "")
        with pytest.raises(NoObjectError):
            await bucket(asker, store).fetch(Listed("a", "e", 1), io.BytesIO(), limit=1)
        status = 403
        with pytest.raises(RefusedError, match=r"^googleapi: Error 403: no more$"):
            await bucket(asker, store).page("", "")


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "text",
        {"items": {"a": 1}},
        {"items": [1]},
        {"items": [{"name": 1, "etag": "e", "size": "1"}]},
        {"items": [{"name": "a", "etag": "e", "size": "-1"}]},
        {"nextPageToken": 5},
    ],
)
async def test_what_is_no_list_is_refused(asker: web.Web, answer: Any) -> None:
    async def handle(request: server.Request) -> server.Response:
        return server.json_response(answer)

    async with serving(handle) as store:
        with pytest.raises(AnswerError):
            await bucket(asker, store).page("", "")


def account(key: rsa.RSAPrivateKey, url: str, **more: str) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    said = {"type": "service_account", "client_email": "me@x", "private_key_id": "k1", "token_uri": url, **more}
    return json.dumps({"private_key": private.decode(), **said}).encode()


async def test_a_service_account_is_granted_a_token_for_its_signature(asker: web.Web, tmp_path: pathlib.Path) -> None:
    key = rsa.generate_private_key(65537, 2048)

    async def handle(request: server.Request) -> server.Response:
        form = await request.post()
        if form["grant_type"] == "refresh_token":
            return server.json_response({"error": "invalid_grant"}, status=400)
        head, claims, signature = str(form["assertion"]).split(".")
        said = json.loads(base64.urlsafe_b64decode(claims + "=="))
        assert (said["iss"], said["aud"]) == ("me@x", store.url + "/token")
        assert said["scope"] == "https://www.googleapis.com/auth/devstorage.read_only"
        assert json.loads(base64.urlsafe_b64decode(head + "=="))["kid"] == "k1"
        signed = base64.urlsafe_b64decode(signature + "==")
        key.public_key().verify(signed, f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return server.json_response({"access_token": "of-google", "expires_in": 3599})

    authority = Authority()
    async with serving(handle, authority.server(tmp_path)) as store:
        access = web.Access(tls=web.TLS(ca=authority.certificate))
        made = gcp.Account.parse(account(key, f"{store.url}/token"), access)
        assert (await made.token(asker, NOW))[0] == "of-google"
        assert "PRIVATE" not in repr(made)


def test_a_user_with_a_refresh_token_is_known() -> None:
    text = b'{"type": "authorized_user", "client_id": "c", "client_secret": "hunter2", "refresh_token": "hunter3"}'
    assert "hunter" not in repr(gcp.Account.parse(text))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "is not their JSON"),
        (b"[]", "is not their JSON"),
        (b'{"type": "service_account"}', "is not their JSON"),
        (b'{"type": "service_account", "client_email": "x", "private_key": "hunter2"}', "is not their JSON"),
        (b'{"type": "external_account", "credential_source": {"file": "/etc/passwd"}}', "'external_account' is not"),
    ],
)
def test_logins_of_other_kinds_are_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(LoginError, match=complaint) as caught:
        gcp.Account.parse(text)
    assert "hunter" not in str(caught.value)
