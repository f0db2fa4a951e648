"""`spec.provider`: logins that GitHub, Azure and AWS lend, on fakes of theirs that check what they are shown."""

import asyncio
import contextlib
import hashlib
import hmac
import pathlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from tests.source.conftest import Room, conditions

from sluice.testing import polling, webs
from sluice.testing.git import GitServer
from sluice.testing.git_tls import Authority
from sluice.testing.github import GitHub

pytestmark = pytest.mark.needs("git-http-backend")

GATE = "--feature-gates=ObjectLevelWorkloadIdentity=true"
CODECOMMIT = "git-codecommit.eu-west-1.amazonaws.com"


async def failing(room: Room) -> dict[str, tuple[str, str, str]]:
    return conditions(await room.space.see_ready("GitRepository", "src", "False"))


def mirrors(room: Room) -> list[str]:
    return sorted(path.name for path in (room.storage / ".git-mirrors").iterdir())


async def test_an_app_of_github_logs_in_and_its_token_is_kept_for_most_of_its_life(room: Room) -> None:
    async with GitHub(seconds=4) as hub:
        room.server.basic = ("x-access-token", "ghs_lent0")
        await room.secret("hub", **{key: value.decode() for key, value in hub.secret().items()})
        await room.space.source(provider="github", secretRef={"name": "hub"})
        async with room.controller():
            seen = await room.space.see_ready("GitRepository", "src")
            await room.ask()
            assert hub.tokens == ["ghs_lent0"]

            async def renewed() -> list[str]:
                await room.ask()
                return hub.tokens

            assert await polling.eventually(renewed, lambda tokens: len(tokens) > 1, what="the next token")
            assert len(hub.tokens) == 2
            room.server.basic = ("x-access-token", "ghs_lent1")
            commit = room.space.repository.commit({"c": "1"})
            await room.ask()
            seen = await room.see_revision(f"main@sha1:{commit}")
        # A new token is no new login: what was fetched is fetched once.
        assert len(mirrors(room)) == 1
        told = str(seen) + str(await room.events(1))
        assert "ghs_" not in told
        assert "PRIVATE KEY" not in told


@pytest.mark.parametrize(
    ("secret", "spec", "stalls", "told"),
    [
        (
            None,
            {"provider": "github"},
            True,
            "secretRef with github app data must be specified when provider is set to github",
        ),
        (
            {"username": "u", "password": "p"},
            {"provider": "github"},
            False,
            "secretRef with github app data must be specified when provider is set to github",
        ),
        (
            {"githubAppID": "1", "githubAppPrivateKey": "k"},
            {},
            False,
            "secretRef 'NS/hub' has github app data but provider is not set to github",
        ),
    ],
)
async def test_providers_that_do_not_fit_are_told_as_in_flux(
    room: Room, secret: dict[str, str] | None, spec: dict[str, Any], stalls: bool, told: str
) -> None:
    if secret:
        await room.secret("hub", **secret)
        spec = {**spec, "secretRef": {"name": "hub"}}
    await room.space.source(**spec)
    async with room.controller():
        found = await failing(room)
    text = told.replace("NS", room.space.name)
    assert found["FetchFailed"] == ("True", "InvalidProviderConfiguration", text)
    assert ("Stalled" in found) == stalls
    assert room.server.requests == []


async def test_an_app_that_github_turns_away_is_told(room: Room) -> None:
    async with GitHub() as hub:
        data = {key: value.decode() for key, value in hub.secret().items()}
        await room.secret("hub", **{**data, "githubAppInstallationID": "78"})
        await room.space.source(provider="github", secretRef={"name": "hub"})
        async with room.controller():
            found = await failing(room)
    asked = f"POST {hub.api}/app/installations/78/access_tokens"
    text = f"failed to configure authentication options: {asked}: 404 Not Found []"
    assert found["FetchFailed"] == ("True", "AuthenticationFailed", text)


class Clouds:
    """Entra ID and AWS' token service, as far as sources need them."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.url = ""

    async def token(self, request: web.Request) -> web.Response:
        self.asked.append({"path": request.path, **{key: str(text) for key, text in (await request.post()).items()}})
        return web.json_response({"access_token": "az-token", "expires_in": 3600})

    async def session(self, request: web.Request) -> web.Response:
        self.asked.append({key: str(text) for key, text in (await request.post()).items()})
        keys = "<AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>sk</SecretAccessKey><SessionToken>st</SessionToken>"
        return web.Response(text=f"<R>{keys}<Expiration>2126-01-01T00:00:00Z</Expiration></R>")


@pytest.fixture
async def clouds(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clouds]:
    made = Clouds()
    app = web.Application()
    app.router.add_post("/{tenant}/oauth2/v2.0/token", made.token)
    app.router.add_post("/", made.session)
    async with webs.serving(app) as made.url:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", made.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", made.url)
        yield made


async def account(room: Room, name: str = "reader", **annotations: str) -> None:
    meta = {"name": name, "namespace": room.space.name, "annotations": annotations}
    await room.space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})


AZURE = {"azure.workload.identity/tenant-id": "ten", "azure.workload.identity/client-id": "cli"}


async def test_the_controllers_own_identity_logs_in_to_azure(
    room: Room, clouds: Clouds, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.server.bearer = "az-token"
    (tmp_path / "token").write_text("of-pod")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AZURE_TENANT_ID", "home")
    monkeypatch.setenv("AZURE_CLIENT_ID", "me")
    await room.space.source(provider="azure")
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        await room.ask()
    assert [(asked["path"], asked["client_id"], asked["client_assertion"]) for asked in clouds.asked] == [
        ("/home/oauth2/v2.0/token", "me", "of-pod")
    ]
    assert clouds.asked[0]["scope"] == "499b84ac-1321-427f-aa17-267ca6975798/.default"


async def test_a_service_account_logs_in_to_azure_once_the_gate_is_open(room: Room, clouds: Clouds) -> None:
    room.server.bearer = "az-token"
    await room.space.source(provider="azure", serviceAccountName="reader")
    async with room.controller():
        found = await failing(room)
        told = (
            "to use spec.serviceAccountName for provider authentication please enable the "
            "ObjectLevelWorkloadIdentity feature gate in the controller"
        )
        assert found["FetchFailed"] == found["Stalled"] == ("True", "FeatureGateDisabled", told)
    async with room.controller(GATE):
        await room.see(lambda seen: "not found" in conditions(seen).get("Ready", ("", "", ""))[2])
        found = await failing(room)
        missing = f"failed to get service account '{room.space.name}/reader': ServiceAccount \"reader\" not found"
        text = "failed to configure authentication options: failed to get access token for Git repository: "
        assert found["FetchFailed"] == ("True", "AuthenticationFailed", text + missing)
        await account(room, **AZURE)
        await room.space.see_ready("GitRepository", "src")
    assert clouds.asked[0]["path"] == "/ten/oauth2/v2.0/token"


async def test_a_default_account_locks_tenants_in(room: Room, clouds: Clouds) -> None:
    room.server.bearer = "az-token"
    await room.space.source(provider="azure")
    async with room.controller(GATE, "--default-service-account=tenant"):
        found = await failing(room)
        assert "does not exist in the object namespace. your cluster is subject to multi-tenant" in found["Ready"][2]
        assert clouds.asked == []
        await account(room, "tenant", **AZURE)
        await room.space.see_ready("GitRepository", "src")


@asynccontextmanager
async def leading(server: GitServer) -> AsyncIterator[str]:
    """A proxy that leads to the server, whoever is asked for."""

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there = await asyncio.open_connection(server.host, server.port)
        async with asyncio.TaskGroup() as both:
            both.create_task(pump(reader, there[1]))
            both.create_task(pump(there[0], writer))

    listening = await asyncio.start_server(lead, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def password(stamp: str, path: str) -> str:
    """What CodeCommit expects for the session that the fake lends."""
    scope = f"{stamp[:8]}/eu-west-1/codecommit/aws4_request"
    request = hashlib.sha256(f"GIT\n{path}\n\nhost:{CODECOMMIT}\n\nhost\n".encode()).hexdigest()
    key = b"AWS4sk"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signed = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}"
    return f"{stamp}Z{hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()}"


def signed(user: str, given: str) -> bool:
    return user == "AKIA%st" and given == password(given.partition("Z")[0], "/app.git")


async def test_a_service_account_signs_for_codecommit(room: Room, clouds: Clouds, tmp_path: pathlib.Path) -> None:
    authority = Authority()
    async with AsyncExitStack() as stack:
        tls = authority.server(tmp_path, names=(CODECOMMIT,))
        server = await stack.enter_async_context(GitServer(tls=tls, login=signed))
        proxy = await stack.enter_async_context(leading(server))
        commit = server.repository("app").commit({"a": "1"})
        await room.secret("proxy", address=proxy)
        await room.secret("ca", **{"ca.crt": authority.certificate.decode()})
        await account(room, **{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/reader"})
        await room.space.source(
            url=f"https://{CODECOMMIT}/app.git",
            provider="aws",
            serviceAccountName="reader",
            secretRef={"name": "ca"},
            proxySecretRef={"name": "proxy"},
        )
        await stack.enter_async_context(room.controller(GATE))
        await room.see_revision(f"main@sha1:{commit}")
        before = len(server.requests)
        await room.ask()
        # One request, as with any other login: the password is kept as well.
        assert len(server.requests) == before + 1
    assert clouds.asked[0]["RoleArn"] == "arn:aws:iam::123456789012:role/reader"
    assert len(clouds.asked) == 1
    assert len(mirrors(room)) == 1


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://git-codecommit.eu-west-1.amazonaws.com/x", "AWS CodeCommit authentication requires an HTTPS Git URL"),
        ("https://git.example/x", "invalid AWS CodeCommit Git URL: git.example"),
        (
            "https://git-codecommit.eu-west-1.evilamazonaws.com/x",
            "invalid AWS CodeCommit Git URL: git-codecommit.eu-west-1.evilamazonaws.com",
        ),
    ],
)
async def test_addresses_that_are_not_codecommits_are_told_as_in_flux(room: Room, url: str, told: str) -> None:
    await room.space.source(url=url, provider="aws")
    async with room.controller():
        found = await failing(room)
    text = f"failed to configure authentication options: {told}"
    assert found["FetchFailed"] == ("True", "AuthenticationFailed", text)
