"""Stores of S3 are logged in to with keys, with those of a token service, or not at all; over TLS, through proxies."""

import pathlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import Room

from sluice import sigv4
from sluice.testing import proxies, webs
from sluice.testing.git_tls import Authority
from sluice.testing.s3 import COMMAND, S3Server

pytestmark = pytest.mark.needs(COMMAND)


@dataclass
class Closed:
    """A server that lets nobody in without keys, over TLS."""

    store: S3Server
    authority: Authority
    keys: sigv4.Keys


@pytest.fixture(scope="module")
async def closed() -> AsyncIterator[Closed]:
    authority = Authority()
    async with S3Server(authority=authority) as store:
        yield Closed(store, authority, await store.close_to_strangers())


@pytest.fixture
async def safe(room: Room, closed: Closed) -> AsyncIterator[BucketRoom]:
    """A bucket of the closed server, and Secrets that open it."""
    made = BucketRoom(room, closed.store)
    await closed.store.make(made.name)
    await made.put({"a": "1"})
    await room.secret("keys", accesskey=closed.keys.access_key, secretkey=closed.keys.secret_key)
    await room.secret("ca", **{"ca.crt": closed.authority.certificate.decode()})
    yield made
    await made.remove()


KEYS: dict[str, Any] = {"insecure": False, "secretRef": {"name": "keys"}, "certSecretRef": {"name": "ca"}}


async def test_keys_sign_every_request(safe: BucketRoom, tmp_path: pathlib.Path) -> None:
    await safe.store.put(safe.name, "ü b/c+d%", b"2")
    await safe.apply(**KEYS, prefix="")
    async with safe.controller():
        assert await safe.contents(await safe.ready(), tmp_path) == {"a": "1", "ü b/c+d%": "2"}


async def test_wrong_keys_are_told_and_not_shown(safe: BucketRoom) -> None:
    await safe.room.secret("keys", accesskey="AKIAWRONG", secretkey="hunter2")
    await safe.apply(**KEYS)
    async with safe.controller():
        found = await safe.failing()
        assert found["Ready"][1] == "BucketOperationFailed"
        doing = f"failed to confirm existence of '{safe.name}' bucket"
        assert found["Ready"][2] == f"{doing}: The AWS Access Key Id you provided does not exist in our records."
        await safe.room.secret("keys", accesskey=(await _keys(safe)).access_key, secretkey="hunter2")
        text = f"{doing}: The request signature we calculated does not match the signature you provided. "
        await safe.see(lambda seen: text in str(seen["status"]))
        assert "hunter2" not in str(await safe.get()) + str(await safe.room.events(2))


async def _keys(safe: BucketRoom) -> sigv4.Keys:
    return await safe.store._user("second", "s3:ListBucket")


async def test_a_server_that_nobody_vouches_for_is_not_believed(safe: BucketRoom) -> None:
    await safe.apply(insecure=False, secretRef={"name": "keys"})
    async with safe.controller():
        told = (await safe.failing())["Ready"][2]
        assert told.endswith("tls: failed to verify certificate: x509: certificate signed by unknown authority")
        await safe.room.secret("ca", **{"ca.crt": "no certificate"})
        await safe.spec(certSecretRef={"name": "ca"})
        found = await safe.failing()
        assert found["Ready"][1] == "AuthenticationFailed"
        assert found["Ready"][2].startswith("failed to get TLS config: ")


@pytest.mark.needs("tinyproxy", "microsocks")
@pytest.mark.parametrize("kind", [proxies.http, proxies.socks], ids=["http", "socks5"])
async def test_a_proxy_leads_to_the_store(safe: BucketRoom, tmp_path: pathlib.Path, kind: type) -> None:
    async with kind(tmp_path, login=True) as proxy:
        await safe.room.secret("proxy", address=proxy.address, username=proxies.USER, password=proxies.PASSWORD)
        await safe.apply(**KEYS, proxySecretRef={"name": "proxy"})
        async with safe.controller():
            await safe.ready()
            await proxy.process.kill()
            await safe.ask()
            assert "connection refused" in (await safe.failing())["Ready"][2]


@dataclass
class LDAP:
    """A token service of MinIO's that knows one user."""

    keys: sigv4.Keys
    asked: list[dict[str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        if (form["LDAPUsername"], form["LDAPPassword"]) != ("jane", "of-ldap"):
            error = f"<Code>AccessDenied</Code><Message>wrong: {form['LDAPPassword']}</Message>"
            return web.Response(status=403, text=f"<ErrorResponse><Error>{error}</Error></ErrorResponse>")
        expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        found = (
            f"<AccessKeyId>{self.keys.access_key}</AccessKeyId><SecretAccessKey>{self.keys.secret_key}"
            f"</SecretAccessKey><SessionToken/><Expiration>{expires}</Expiration>"
        )
        name = "AssumeRoleWithLDAPIdentity"
        text = f"<{name}Result><Credentials>{found}</Credentials></{name}Result>"
        body = f'<{name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{text}</{name}Response>'
        return web.Response(text=body)


async def test_a_token_service_lends_keys_to_whom_ldap_knows(
    safe: BucketRoom, closed: Closed, tmp_path: pathlib.Path
) -> None:
    ldap = LDAP(closed.keys)
    application = web.Application()
    application.router.add_post("/sts", ldap.handle)
    authority = Authority()
    async with webs.serving(application, tls=authority.server(tmp_path)) as url:
        await safe.room.secret("user", username="jane", password="hunter2")
        await safe.room.secret("sts-ca", **{"ca.crt": authority.certificate.decode()})
        sts = {"provider": "ldap", "endpoint": f"{url}/sts", "secretRef": {"name": "user"}}
        sts["certSecretRef"] = {"name": "sts-ca"}
        await safe.apply(insecure=False, certSecretRef={"name": "ca"}, sts=sts)
        async with safe.controller():
            told = (await safe.failing())["Ready"][2]
            # What it says repeats the password, and so is not told.
            assert told.endswith("bucket: the token service answered with status 403")
            await safe.room.secret("user", username="jane", password="of-ldap")
            await safe.ready()
            good = len(ldap.asked)
            await safe.ask()
            assert len(ldap.asked) == good
            assert {form["Action"] for form in ldap.asked} == {"AssumeRoleWithLDAPIdentity"}
    kept = [path for path in safe.room.storage.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"of-ldap" in path.read_bytes()]


async def test_strangers_get_what_is_for_everybody(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.put({"a": "1"})
    await bucket.store.put(bucket.name, "private", b"2", {"x-amz-acl": "private"})
    await bucket.apply()
    async with bucket.controller():
        told = f"fetch from bucket '{bucket.name}' failed: failed to get 'private' object: Access Denied."
        assert (await bucket.failing())["Ready"] == ("False", "BucketOperationFailed", told)
        await bucket.spec(ignore="private\n")
        assert await bucket.contents(await bucket.ready(), tmp_path) == {"a": "1"}
