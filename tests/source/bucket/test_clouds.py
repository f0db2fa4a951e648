"""Containers of Azure and buckets of Google become artifacts; Amazon knows controllers and ServiceAccounts."""

from __future__ import annotations

import base64
import hashlib
import pathlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import Room, conditions

from sluice.testing import webs
from sluice.testing.s3 import COMMAND, S3Server


@dataclass
class Cloud:
    """Azure's blob storage, Google's Cloud Storage and its metadata server, with one container of two objects."""

    objects: dict[str, str] = field(default_factory=lambda: {"a": "1", "dir/b": "2"})
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def azure(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if not request.headers.get("Authorization", "").startswith("SharedKey 127:") and "sig" not in request.query:
            return web.Response(status=403, headers={"x-ms-error-code": "AuthorizationFailure"})
        key = request.match_info["key"]
        if key:
            return web.Response(text=self.objects[key], headers={"ETag": f'"0x{len(key)}"'})
        blobs = "".join(
            f"<Blob><Name>{key}</Name><Properties><Etag>0x{len(key)}</Etag></Properties></Blob>" for key in self.objects
        )
        return web.Response(text=f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>")

    async def token(self, request: web.Request) -> web.Response:
        return web.json_response({"access_token": "of-google", "expires_in": 3600})

    async def google(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if request.headers.get("Authorization") != "Bearer of-google":
            return web.Response(status=401)
        key = request.match_info["key"]
        if not key:
            items = [{"name": key, "etag": f"e{key}", "size": "1"} for key in self.objects]
            return web.json_response({"items": items})
        if request.query.get("alt") == "media":
            return web.Response(text=self.objects[key])
        return web.json_response({"etag": f"e{key}", "generation": "1"})


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    made = Cloud()
    application = web.Application()
    application.router.add_get("/storage/v1/b/app/o{slash:/?}{key:.*}", made.google)
    application.router.add_get("/computeMetadata/v1/instance/service-accounts/default/token", made.token)
    application.router.add_get("/app{slash:/?}{key:.*}", made.azure)
    async with webs.serving(application) as made.url:
        yield made


@pytest.fixture
async def elsewhere(room: Room) -> AsyncIterator[BucketRoom]:
    """A Bucket whose store is not S3."""
    made = BucketRoom(room, S3Server())
    yield made
    await made.remove()


def revision(*lines: str) -> str:
    return "sha256:" + hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@pytest.mark.parametrize("secret", [{"accountKey": base64.b64encode(b"key").decode()}, {"sasKey": "?sig=hunter2"}])
async def test_a_container_of_azure(
    elsewhere: BucketRoom, cloud: Cloud, tmp_path: pathlib.Path, secret: dict[str, str]
) -> None:
    await elsewhere.room.secret("login", **secret)
    await elsewhere.apply(provider="azure", endpoint=cloud.url, bucketName="app", secretRef={"name": "login"})
    async with elsewhere.controller():
        seen = await elsewhere.ready()
        # With the etags of downloads, as Flux has them in its revisions: there, those of lists never match.
        assert seen["status"]["artifact"]["revision"] == revision('a "0x1"', 'dir/b "0x5"')
        assert await elsewhere.contents(seen, tmp_path) == {"a": "1", "dir/b": "2"}
        cloud.asked.clear()
        await elsewhere.ask()
        assert len(cloud.asked) == 1
        cloud.objects["c"] = "3"
        await elsewhere.ask()
        assert len(cloud.asked) == 3
        await elsewhere.room.secret("login", **dict.fromkeys(secret, "wr0ng"))
        cloud.url = "http://127.0.0.1:1"
        await elsewhere.spec(endpoint=cloud.url)
        told = str(await elsewhere.ready(status="False"))
        assert "hunter2" not in told
        assert "wr0ng" not in told


async def test_a_bucket_of_google_as_the_controller(
    elsewhere: BucketRoom, cloud: Cloud, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", cloud.url)
    monkeypatch.setenv("GCE_METADATA_HOST", cloud.url.removeprefix("http://"))
    await elsewhere.apply(provider="gcp", endpoint="storage.googleapis.com", bucketName="app")
    async with elsewhere.controller():
        seen = await elsewhere.ready()
        assert seen["status"]["artifact"]["revision"] == revision("a ea", "dir/b edir/b")
        assert await elsewhere.contents(seen, tmp_path) == {"a": "1", "dir/b": "2"}
        cloud.asked.clear()
        await elsewhere.ask()
        assert len(cloud.asked) == 1


async def test_azure_and_google_without_an_identity_are_told(
    elsewhere: BucketRoom, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
    async with elsewhere.controller():
        for name, provider, endpoint in (("g", "gcp", "x"), ("a", "azure", "https://acc.blob.example")):
            await elsewhere.apply(name, provider=provider, endpoint=endpoint, bucketName="app")
            found = await elsewhere.failing(name)
            assert found["Ready"][1] == "BucketOperationFailed"
            text = (
                "failed to confirm existence of 'app' bucket: failed to create provider access token for the controller"
            )
            assert found["Ready"][2].startswith(text)


@pytest.mark.needs(COMMAND)
async def test_amazon_knows_the_controller(bucket: BucketRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    await bucket.put({"a": "1"})
    await bucket.apply(provider="aws", region="eu-west-1")
    async with bucket.controller():
        await bucket.ready()


@pytest.mark.needs(COMMAND)
async def test_amazon_knows_a_service_account(bucket: BucketRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", bucket.store.url)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": bucket.name}}
    await bucket.room.space.apply(account)
    await bucket.put({"a": "1"})
    await bucket.apply(provider="aws", region="eu-west-1", serviceAccountName="reader")
    async with bucket.controller("--feature-gates=ObjectLevelWorkloadIdentity=true"):
        seen = await bucket.ready(status="False")
        assert "invalid eks.amazonaws.com/role-arn annotation" in conditions(seen)["Ready"][2]
        account["metadata"] |= {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/r"}}  # type: ignore[operator]
        await bucket.room.space.apply(account)
        await bucket.ready()
        asked = [each for each in bucket.store.requests() if each == "POST /"]
        assert asked
        await bucket.spec(sts={"provider": "aws", "endpoint": "https://sts.attacker.example"})
        seen = await bucket.ready(status="False")
        assert "invalid STS endpoint: 'https://sts.attacker.example'" in conditions(seen)["Ready"][2]
