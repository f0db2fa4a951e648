import asyncio
import base64
import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluice import aio, kube
from sluice.kube import transport
from sluice.testing import processes, scripted

PATH = "/api/v1/namespaces/here/configmaps/a"


async def get(client: kube.Client, config_maps: kube.Resource) -> kube.Object:
    return await client.get(config_maps, "a", "here")


async def test_429_is_tried_again_after_the_time_the_server_asks_for(
    server: scripted.Scripted, config_maps: kube.Resource
) -> None:
    clock = aio.VirtualClock()
    busy = scripted.failure(429, "TooManyRequests", "busy", headers={"Retry-After": "7"})
    server.on("GET", PATH, busy, busy, scripted.json(scripted.config_map("a", 1)))
    async with await server.connect(clock=clock) as client:
        asked = asyncio.ensure_future(get(client, config_maps))
        async with asyncio.timeout(5):
            while not asked.done():
                await clock.advance(1)
        assert clock.monotonic() == 14
        assert (await asked)["metadata"]["name"] == "a"
    assert len(server.requests) == 3


async def test_429_that_names_no_time_is_the_callers(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.failure(429, "TooManyRequests", "disruption budget"))
    with pytest.raises(kube.TooManyRequests, match="disruption budget"):
        await get(client, config_maps)
    assert len(server.requests) == 1


async def test_a_failed_write_is_not_repeated(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("POST", "/api/v1/namespaces/here/configmaps", scripted.failure(500, "InternalError", "etcd is on fire"))
    with pytest.raises(kube.ServerError, match="etcd is on fire"):
        await client.create(config_maps, scripted.config_map("a", 0), manager="test")
    assert len(server.requests) == 1


async def test_a_refused_get_is_tried_again_and_a_refused_write_is_not(config_maps: kube.Resource) -> None:
    clock = aio.VirtualClock()
    absent = scripted.Scripted()
    absent.url = f"http://127.0.0.1:{processes.free_port()}"
    async with await absent.connect(clock=clock) as client:
        asked = asyncio.ensure_future(get(client, config_maps))
        async with asyncio.timeout(5):
            while not asked.done():
                await clock.advance(0.05)
        with pytest.raises(kube.Unreachable, match=f"{absent.url}: Connection refused"):
            asked.result()
        waited = clock.monotonic()
        assert waited >= 0.3
        with pytest.raises(kube.Unreachable):
            await client.create(config_maps, scripted.config_map("a", 0), manager="test")
        assert clock.monotonic() == waited


async def test_a_connection_cut_in_the_middle_of_an_answer_is_unreachable(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.stream(b'{"half":', cut=True))
    with pytest.raises(kube.Unreachable):
        await get(client, config_maps)


async def test_an_answer_that_is_not_json_is_said_to_be_that(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>log in first</html>", content_type="text/html")

    server.on("GET", PATH, page)
    with pytest.raises(kube.Unreachable, match="not JSON but text/html"):
        await get(client, config_maps)


async def test_a_redirect_is_not_followed_with_the_token(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    async def elsewhere(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{server.url}/stolen"})

    server.on("GET", PATH, elsewhere)
    with pytest.raises(kube.ApiError):
        await get(client, config_maps)
    assert [request.path for request in server.requests] == [PATH]


async def test_every_request_is_observed_once_with_its_code(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.json(scripted.config_map("a", 1)), scripted.failure(404, "NotFound"))
    seen: list[kube.Seen] = []
    client.observe(seen.append)
    await get(client, config_maps)
    with pytest.raises(kube.NotFound):
        await get(client, config_maps)
    assert [(one.method, one.resource, one.code) for one in seen] == [
        ("GET", "configmaps", "200"),
        ("GET", "configmaps", "404"),
    ]
    assert server.url.endswith(seen[0].host)


async def test_requests_share_connections(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.json(scripted.config_map("a", 1)), scripted.failure(404, "NotFound"))
    for _ in range(5):
        await asyncio.gather(get(client, config_maps), return_exceptions=True)
    assert len(server.connections) == 1


async def test_a_thousand_requests_do_not_open_a_thousand_connections(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.json(scripted.config_map("a", 1)))
    await asyncio.gather(*(get(client, config_maps) for _ in range(1000)))
    assert len(server.requests) == 1000
    assert len(server.connections) <= 64


async def test_the_rate_limit_holds_until_the_server_says_it_limits_us(
    server: scripted.Scripted, config_maps: kube.Resource
) -> None:
    clock = aio.VirtualClock()
    found = scripted.config_map("a", 1)
    fair = scripted.json(found, headers={"X-Kubernetes-Pf-Flowschema-Uid": "some-uid"})
    server.on("GET", PATH, scripted.json(found), fair, scripted.json(found))
    async with await server.connect(qps=1, burst=1, clock=clock) as client:
        await get(client, config_maps)
        second = asyncio.ensure_future(get(client, config_maps))
        async with asyncio.timeout(5):
            while not second.done():
                await clock.advance(0.25)
        for _ in range(10):
            await get(client, config_maps)
    assert clock.monotonic() == 1


async def test_a_closed_client_says_so(client: kube.Client, config_maps: kube.Resource) -> None:
    await client.close()
    with pytest.raises(kube.Unreachable, match="the client is closed"):
        await get(client, config_maps)


async def test_no_error_and_no_repr_shows_the_token(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.failure(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(kube.Unauthorized) as caught:
        await get(client, config_maps)
    assert "sesame" not in f"{caught.value!r} {client!r} {client.__dict__!r}"


def test_a_request_does_not_show_what_it_carries() -> None:
    call = transport.Call(method="POST", path="/api/v1/namespaces/here/secrets", body=b"sesame")
    answer = transport.Answer(body=b"sesame", content_type="application/json", headers={})
    assert "sesame" not in f"{call!r} {answer!r}"


async def test_an_inline_client_certificate_is_shown_to_the_server(config_maps: kube.Resource, tmp_path: Path) -> None:
    certificate, key = _self_signed()
    (tmp_path / "pair.pem").write_bytes(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=certificate.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tmp_path / "pair.pem")

    async def whoami(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        subject = request.transport.get_extra_info("peercert")["subject"]
        return web.json_response(scripted.config_map("a", 1, who=dict(subject[0])["commonName"]))

    async with scripted.serve(context) as server:
        server.on("GET", PATH, whoami)
        document = server.kubeconfig(
            **{"client-certificate-data": _b64(certificate), "client-key-data": _b64(key), "token": "t"}
        )
        document["clusters"][0]["cluster"]["certificate-authority-data"] = _b64(certificate)
        async with await kube.Client.connect(document, user_agent="t") as client:
            assert (await get(client, config_maps))["data"]["who"] == "ada"


async def test_a_server_with_a_certificate_of_someone_else_is_not_trusted(
    config_maps: kube.Resource, tmp_path: Path
) -> None:
    certificate, key = _self_signed()
    (tmp_path / "pair.pem").write_bytes(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "pair.pem")
    async with scripted.serve(context) as server, await server.connect() as client:
        with pytest.raises(kube.Unreachable, match="certificate verify failed"):
            await get(client, config_maps)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _self_signed() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ada")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
