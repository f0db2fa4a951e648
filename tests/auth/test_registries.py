"""Logins of the registries of clouds: lent to who is known there, kept, and never to another host."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.auth.conftest import Cloud

from sluice import aio, auth

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
LATER = 1767229200
"""Some time after the virtual clock begins."""


class Routed(auth.Asker):
    """Asks the cloud on loopback what is meant for the registries of Azure, which no variable moves."""

    def __init__(self, cloud: Cloud, tasks: aio.TaskOwner) -> None:
        super().__init__(tasks)
        self._cloud = cloud

    async def text(self, method: str, url: str, **sent: Any) -> bytes:
        return await super().text(method, url.replace("https://apps.azurecr.io", self._cloud.url), **sent)


class Nobody:
    """No ServiceAccounts."""

    async def get(self, namespace: str, name: str) -> auth.Account:
        return auth.Account(namespace=namespace, name=name, uid="u")

    async def mint(self, account: auth.Account, audiences: Any) -> auth.Credential:
        raise AssertionError("nobody asks for a token of an account while the gate is closed")


@pytest.fixture
def clock() -> aio.VirtualClock:
    return aio.VirtualClock()


def registries(cloud: Cloud, clock: aio.Clock, tasks: aio.TaskOwner, **environment: str) -> auth.Registries:
    given = {"AWS_ENDPOINT_URL": cloud.url, "GCE_METADATA_HOST": cloud.url.removeprefix("http://"), **environment}
    asker = Routed(cloud, tasks)
    providers: dict[str, Any] = {
        "aws": auth.AWS(asker, clock, given),
        "azure": auth.Azure(asker, clock, given),
        "gcp": auth.GCP(asker, clock, given),
    }
    cache = auth.Cache(clock, size=10, longest=3600)
    identities = auth.Identities(Nobody(), providers, cache, clock=clock, enabled=False)  # type: ignore[arg-type]
    return auth.Registries(identities, asker, clock, given)


def wanted(provider: str, registry: str, account: str = "") -> auth.RegistryWanted:
    return auth.RegistryWanted(provider=provider, registry=registry, namespace="apps", account=account)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s3cret"}


async def test_ecr_lends_a_login_for_keys_and_it_is_kept(cloud: Cloud, clock: aio.VirtualClock) -> None:
    token = base64.b64encode(b"AWS:of-ecr").decode()
    cloud.answer("/", {"authorizationData": [{"authorizationToken": token, "expiresAt": LATER + 0.5}]})

    async with aio.TaskOwner() as tasks:
        known = registries(cloud, clock, tasks, **KEYS)
        for _ in range(2):
            assert await known.login(wanted("aws", ECR)) == ("AWS", "of-ecr")

    assert cloud.asked == ["POST /"]
    sent = cloud.headers[0]
    assert sent["X-Amz-Target"] == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
    assert sent["Content-Type"] == "application/x-amz-json-1.1"
    assert "/eu-west-1/ecr/aws4_request, SignedHeaders=content-type;host;" in sent["Authorization"]


async def test_the_public_registry_of_aws_is_in_one_region(cloud: Cloud, clock: aio.VirtualClock) -> None:
    token = base64.b64encode(b"AWS:public").decode()
    cloud.answer("/", {"authorizationData": {"authorizationToken": token, "expiresAt": LATER}})

    async with aio.TaskOwner() as tasks:
        found = await registries(cloud, clock, tasks, **KEYS).login(wanted("aws", "public.ecr.aws"))

    assert found == ("AWS", "public")
    assert cloud.headers[0]["X-Amz-Target"] == "SpencerFrontendService.GetAuthorizationToken"
    assert "/us-east-1/ecr-public/aws4_request" in cloud.headers[0]["Authorization"]


async def test_acr_exchanges_a_token_of_entra(cloud: Cloud, clock: aio.VirtualClock, tmp_path: Any) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": LATER}).encode()).decode().rstrip("=")
    cloud.answer("/tenant/oauth2/v2.0/token", {"access_token": "of-entra", "expires_in": 3600})
    cloud.answer("/oauth2/exchange", {"refresh_token": f"x.{claims}.y"})
    file = tmp_path / "token"
    file.write_text("of-pod")
    environment = {
        "AZURE_AUTHORITY_HOST": cloud.url,
        "AZURE_TENANT_ID": "tenant",
        "AZURE_CLIENT_ID": "client",
        "AZURE_FEDERATED_TOKEN_FILE": str(file),
    }

    async with aio.TaskOwner() as tasks:
        found = await registries(cloud, clock, tasks, **environment).login(wanted("azure", "apps.azurecr.io"))

    assert found == ("00000000-0000-0000-0000-000000000000", f"x.{claims}.y")
    assert cloud.bodies[0]["scope"] == "https://containerregistry.azure.net/.default"
    exchanged = {"grant_type": "access_token", "service": "apps.azurecr.io", "access_token": "of-entra"}
    assert cloud.bodies[1] == exchanged


async def test_artifact_registry_takes_an_access_token(cloud: Cloud, clock: aio.VirtualClock) -> None:
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    cloud.answer(path, {"access_token": "of-google", "expires_in": 3600})

    async with aio.TaskOwner() as tasks:
        found = await registries(cloud, clock, tasks).login(wanted("gcp", "europe-docker.pkg.dev"))

    assert found == ("oauth2accesstoken", "of-google")


@pytest.mark.parametrize(
    ("provider", "registry"),
    [
        ("aws", "registry.example"),
        ("aws", f"{ECR}.evil.example"),
        ("aws", f"evil.example.{ECR}"),
        ("aws", f"{ECR}:5000"),
        ("azure", "azurecr.io.evil.example"),
        ("azure", "evil.example/x.azurecr.io"),
        ("azure", "evil.example#.azurecr.io"),
        ("gcp", "gcr.io.evil.example"),
        ("gcp", "evil.example?-docker.pkg.dev"),
    ],
)
async def test_who_is_no_registry_of_the_cloud_is_told_nothing(
    cloud: Cloud, clock: aio.VirtualClock, provider: str, registry: str
) -> None:
    name = {"aws": "AWS", "azure": "Azure", "gcp": "GCP"}[provider]

    async with aio.TaskOwner() as tasks:
        with pytest.raises(auth.AuthError, match=f"invalid {name} registry: '"):
            await registries(cloud, clock, tasks, **KEYS).login(wanted(provider, registry))

    assert cloud.asked == []


async def test_what_a_cloud_refuses_is_told_without_keys(cloud: Cloud, clock: aio.VirtualClock) -> None:
    cloud.answer("/", {"message": "s3cret is wrong"}, 400)

    async with aio.TaskOwner() as tasks:
        with pytest.raises(auth.AuthError, match=r"400 \*\*\* is wrong") as caught:
            await registries(cloud, clock, tasks, **KEYS).login(wanted("aws", ECR))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("answer", [{}, {"authorizationData": []}, {"authorizationData": [{"expiresAt": "x"}]}])
async def test_an_answer_without_a_token_is_a_failure(
    cloud: Cloud, clock: aio.VirtualClock, answer: dict[str, Any]
) -> None:
    cloud.answer("/", answer)

    async with aio.TaskOwner() as tasks:
        with pytest.raises(auth.AuthError, match="failed to create artifact registry credentials"):
            await registries(cloud, clock, tasks, **KEYS).login(wanted("aws", ECR))


async def test_accounts_are_somebody_only_when_the_gate_is_open(cloud: Cloud, clock: aio.VirtualClock) -> None:
    async with aio.TaskOwner() as tasks:
        with pytest.raises(auth.AuthError, match="feature gate is not enabled"):
            await registries(cloud, clock, tasks, **KEYS).login(wanted("aws", ECR, account="reader"))
    assert cloud.asked == []
