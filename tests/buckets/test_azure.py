"""Azure's blob storage, as documented: who asks, what is listed, and what is fetched."""

from __future__ import annotations

import base64
import datetime
import hmac
import io
import json
import pathlib
from urllib.parse import unquote

import pytest
from aiohttp import web as server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from tests.buckets.conftest import NOW, Store, now, serving

from sluice import web
from sluice.buckets import azure
from sluice.buckets.errors import EndpointError, LoginError, NoBucketError, NoObjectError, RefusedError
from sluice.buckets.objects import Listed
from sluice.testing.git_tls import Authority

KEY = base64.b64encode(b"0123456789abcdef" * 4).decode()


def container(asker: web.Web, store: Store, login: azure.Login | None = None, signature: str = "") -> azure.Bucket:
    endpoint = azure.Endpoint.parse(store.url, signature=signature)
    return azure.Bucket(asker, endpoint, "app", login=login or azure.Nobody(), now=now)


def listed(*items: tuple[str, str, int], marker: str = "") -> str:
    blobs = "".join(
        f"<Blob><Name>{name}</Name><Properties><Etag>{etag}</Etag><Content-Length>{size}</Content-Length></Properties>"
        f"<Metadata><Etag>mine</Etag></Metadata></Blob>"
        for name, etag, size in items
    )
    head = "\ufeff<?xml version='1.0' encoding='utf-8'?>"
    return f"{head}<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"


async def test_blobs_are_listed_page_by_page_with_the_etags_that_downloads_have(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        assert request.path == "/app"
        assert request.query["restype"] == "container"
        assert request.query["prefix"] == "in/"
        if request.query.get("marker") == "m 1":
            return server.Response(text=listed(("in/b", '"0x2"', 2)))
        kind = "<Etag>e</Etag><ResourceType>directory</ResourceType>"
        directory = f"<Blob><Name>in/dir</Name><Properties>{kind}</Properties></Blob>"
        encoded = '<Blob><Name Encoded="true">in%2Fa%EF%BF%BF</Name><Properties><Etag>0x1</Etag></Properties></Blob>'
        return server.Response(
            text=listed(("in/a", "0x1", 1), marker="m 1").replace("</Blobs>", f"{directory}{encoded}</Blobs>")
        )

    async with serving(handle) as store:
        bucket = container(asker, store)
        first = await bucket.page("in/", "")
        assert first.objects == [Listed("in/a", '"0x1"', 1), Listed("in/a\uffff", '"0x1"', 0)]
        second = await bucket.page("in/", first.token)
        assert (second.objects, second.token) == ([Listed("in/b", '"0x2"', 2)], "")


async def test_a_shared_key_signs_as_documented(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        headers = "".join(f"{name}:{request.headers[name]}\n" for name in ("x-ms-date", "x-ms-version"))
        query = "".join(f"\n{name}:{value}" for name, value in sorted(request.query.items()))
        text = "GET\n\n\n\n\n\n\n\n\n\n\n\n" + headers + f"/127{request.raw_path.partition('?')[0]}{query}"
        wanted = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()
        good = request.headers["Authorization"] == f"SharedKey 127:{wanted}"
        if not good:
            return server.Response(status=403, headers={"x-ms-error-code": "AuthenticationFailed"}, text="")
        return server.Response(text=listed(("ü b", "0x1", 1)) if request.query else "text", headers={"ETag": '"0x1"'})

    async with serving(handle) as store:
        login = azure.SharedKey.of(azure.Endpoint.parse(store.url).account, KEY)
        bucket = container(asker, store, login)
        page = await bucket.page("", "")
        into = io.BytesIO()
        assert (await bucket.fetch(page.objects[0], into, limit=10)).etag == '"0x1"'
        assert into.getvalue() == b"text"
        wrong = container(asker, store, azure.SharedKey(account="127", key=b"x"))
        with pytest.raises(RefusedError, match="the specified bucket name may be incorrect, nonexistent"):
            await wrong.page("", "")


async def test_a_signature_is_part_of_every_request_and_of_no_error(asker: web.Web) -> None:
    async def handle(request: server.Request) -> server.Response:
        assert (request.query["sig"], request.query["sv"], request.query["own"]) == ("s/e+c", "1", "2")
        return server.Response(text=listed())

    async with serving(handle) as store:
        endpoint = azure.Endpoint.parse(f"{store.url}/?own=2&sv=0", signature="?sv=1&sig=s%2Fe%2Bc")
        assert "s/e" not in repr(endpoint)
        assert (await azure.Bucket(asker, endpoint, "app", login=azure.Nobody(), now=now).page("", "")).objects == []


async def test_a_token_is_shown_over_tls_alone(asker: web.Web, tmp_path: pathlib.Path) -> None:
    async def lend() -> str:
        return "of-azure"

    async def handle(request: server.Request) -> server.Response:
        assert request.headers["Authorization"] == "Bearer of-azure"
        return server.Response(text=listed())

    authority = Authority()
    async with serving(handle) as store:
        with pytest.raises(LoginError, match="not permitted for non TLS protected"):
            await container(asker, store, azure.Bearer(lend)).page("", "")
        assert store.asked == []
    async with serving(handle, authority.server(tmp_path)) as store:
        endpoint = azure.Endpoint.parse(store.url)
        access = web.Access(tls=web.TLS(ca=authority.certificate))
        bucket = azure.Bucket(asker, endpoint, "app", login=azure.Bearer(lend), now=now, access=access)
        assert (await bucket.page("", "")).objects == []


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(404, "ContainerNotFound", NoBucketError), (404, "BlobNotFound", NoObjectError), (403, "Other", RefusedError)],
)
async def test_what_is_refused_is_told_without_what_changes(
    asker: web.Web, status: int, code: str, error: type[Exception]
) -> None:
    text = f"<Error><Code>{code}</Code><Message>It is so.\nRequestId:1\nTime:2</Message></Error>"

    async def handle(request: server.Request) -> server.Response:
        return server.Response(status=status, text=text, headers={"x-ms-error-code": code})

    async with serving(handle) as store:
        with pytest.raises(error, match="It is so") as caught:
            await container(asker, store).fetch(Listed("a", "e", 1), io.BytesIO(), limit=1)
        assert "RequestId" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "account"),
    [("https://acc.blob.core.windows.net", "acc"), ("https://localhost", ""), ("https://example.com", "")],
)
def test_the_account_is_the_first_label(url: str, account: str) -> None:
    endpoint = azure.Endpoint.parse(url)
    if account:
        assert endpoint.account == account
    else:
        with pytest.raises(EndpointError, match="to be a subdomain"):
            _ = endpoint.account


@pytest.mark.parametrize("url", ["acc.blob", "ftp://a.b.c", "https://u:p@a.b.c", "https://[x", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(EndpointError):
        azure.Endpoint.parse(url)


def certified() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW - day).not_valid_after(NOW + day)
    return builder.sign(key, hashes.SHA256()), key


def pem(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def sealed(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    encryption = serialization.BestAvailableEncryption(b"pw")
    return pkcs12.serialize_key_and_certificates(b"app", key, certificate, None, encryption)


async def test_a_principal_proves_itself_by_secret_or_certificate(asker: web.Web, tmp_path: pathlib.Path) -> None:
    certificate, key = certified()
    forms = []

    async def handle(request: server.Request) -> server.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        forms.append(form)
        assert unquote(request.path) == "/ten/ant/oauth2/v2.0/token"
        assert (form["scope"], form["grant_type"]) == (azure.SCOPE, "client_credentials")
        if form.get("client_secret") == "wrong":
            return server.json_response(
                {"error": "invalid_client", "error_description": "AADSTS7000215\r\nTrace"}, status=401
            )
        return server.json_response({"access_token": "of-azure", "expires_in": 3600})

    authority = Authority()
    async with serving(handle, authority.server(tmp_path)) as store:
        access = web.Access(tls=web.TLS(ca=authority.certificate))

        def principal(secret: str = "", proof: azure.Certificate | None = None) -> azure.Principal:
            return azure.Principal(
                tenant="ten/ant", client="app", secret=secret, certificate=proof, authority=store.url, access=access
            )

        token, expires = await principal(secret="right").token(asker, NOW)
        assert (token, expires) == ("of-azure", NOW + datetime.timedelta(hours=1))
        with pytest.raises(LoginError, match="401 invalid_client: AADSTS7000215 Trace"):
            await principal(secret="wrong").token(asker, NOW)
        for data, password, chain in ((pem(certificate, key), None, True), (sealed(certificate, key), b"pw", False)):
            proof = azure.Certificate.parse(data, password, send_chain=chain)
            await principal(proof=proof).token(asker, NOW)
            head, claims, signature = forms[-1]["client_assertion"].split(".")
            said = json.loads(base64.urlsafe_b64decode(claims + "=="))
            assert (said["iss"], said["sub"]) == ("app", "app")
            assert said["aud"].endswith("/oauth2/v2.0/token")
            assert ("x5c" in json.loads(base64.urlsafe_b64decode(head + "=="))) is chain
            public = certificate.public_key()
            assert isinstance(public, rsa.RSAPublicKey)
            signed = base64.urlsafe_b64decode(signature + "==")
            public.verify(signed, f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())


def test_certificates_that_are_none_are_refused_and_not_shown() -> None:
    certificate, key = certified()
    other, _ = certified()
    for data, password in (
        (b"nonsense", None),
        (sealed(certificate, key), b"wrong"),
        (certificate.public_bytes(serialization.Encoding.PEM), None),
        (pem(other, key), None),
    ):
        with pytest.raises(LoginError, match="failed to parse client certificates"):
            azure.Certificate.parse(data, password)
    assert "RSAPrivateKey" not in repr(azure.Certificate.parse(pem(certificate, key), None))


async def test_a_secret_is_sent_over_tls_alone(asker: web.Web) -> None:
    principal = azure.Principal(tenant="t", client="c", secret="s", authority="http://127.0.0.1:1")
    with pytest.raises(LoginError, match="must use https"):
        await principal.token(asker, NOW)
