"""Azure: federated credentials, managed identity, AKS clusters."""

from __future__ import annotations

import base64
import json
import pathlib
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.auth.conftest import Cloud, account, minted

from sluice import aio, auth

ANNOTATIONS = {"azure.workload.identity/tenant-id": "ten/ant", "azure.workload.identity/client-id": "client"}
RESOURCE = f"/subscriptions/{'0' * 36}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c"
AKS = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"


@pytest.fixture
def file(tmp_path: pathlib.Path, cloud: Cloud) -> str:
    path = tmp_path / "environment.json"
    path.write_text(json.dumps({"resourceManagerEndpoint": cloud.url + "/", "tokenAudience": "https://arm"}))
    return str(path)


def azure(cloud: Cloud, **environment: str) -> auth.Azure:
    return auth.Azure(cloud.asker, aio.VirtualClock(), {"AZURE_AUTHORITY_HOST": cloud.url + "/", **environment})


def spec(**more: Any) -> auth.ClusterSpec:
    return auth.ClusterSpec(provider="azure", namespace="apps", resource=RESOURCE, **more)


async def lend(scope: str) -> auth.Credential:
    return auth.Credential.bearer(f"for {scope}", datetime(2026, 1, 1, 1, tzinfo=UTC))


def kubeconfig(server: str) -> dict[str, str]:
    authority = base64.b64encode(f"CA of {server}".encode()).decode()
    text = json.dumps({"clusters": [{"cluster": {"server": server, "certificate-authority-data": authority}}]})
    return {"name": "clusterUser", "value": base64.b64encode(text.encode()).decode()}


async def test_the_accounts_token_is_exchanged_for_one_of_its_application(cloud: Cloud) -> None:
    cloud.answer("/ten/ant/oauth2/v2.0/token", {"access_token": "T", "expires_in": 3600})
    found = await azure(cloud).exchange(minted(aio.VirtualClock()), account(**ANNOTATIONS), "scope/.default")
    assert found.token == "T"
    assert found.expires == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert cloud.bodies == [
        {
            "client_id": "client",
            "scope": "scope/.default",
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "of-account",
        }
    ]


async def test_what_entra_says_is_told_without_the_token(cloud: Cloud) -> None:
    error = {"error": "invalid_client", "error_description": "AADSTS70021: nothing matches of-account\r\nTrace: 1"}
    cloud.answer("/ten/ant/oauth2/v2.0/token", error, 401)
    with pytest.raises(auth.AuthError, match=r"401 invalid_client: AADSTS70021: nothing matches \*\*\* Trace: 1$"):
        await azure(cloud).exchange(minted(aio.VirtualClock()), account(**ANNOTATIONS), "s")


@pytest.mark.parametrize("missing", ["tenant-id", "client-id"])
def test_an_account_names_tenant_and_client(cloud: Cloud, missing: str) -> None:
    left = {key: text for key, text in ANNOTATIONS.items() if not key.endswith(missing)}
    with pytest.raises(auth.AuthError, match=f"is not set in the service account annotation .*{missing}"):
        azure(cloud).identity(account(**left))


async def test_the_managed_identity_of_the_node_is_the_controllers_own(cloud: Cloud) -> None:
    cloud.answer("/metadata/identity/oauth2/token", {"access_token": "T", "expires_in": "60"})
    own = azure(cloud, AZURE_POD_IDENTITY_AUTHORITY_HOST=cloud.url, AZURE_CLIENT_ID="c")
    assert (await own.own("https://vault.azure.net/.default", ())).token == "T"
    assert cloud.bodies[0] == {"api-version": "2018-02-01", "resource": "https://vault.azure.net", "client_id": "c"}
    assert cloud.headers[0]["Metadata"] == "true"


async def test_the_pods_workload_identity_is_the_controllers_own(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    token = tmp_path / "token"
    token.write_text("of-pod\n")
    cloud.answer("/t/oauth2/v2.0/token", {"access_token": "T", "expires_in": 60})
    own = azure(cloud, AZURE_FEDERATED_TOKEN_FILE=str(token), AZURE_TENANT_ID="t", AZURE_CLIENT_ID="c")
    assert (await own.own("s", ())).token == "T"
    assert cloud.bodies[0]["client_assertion"] == "of-pod"


async def test_a_cluster_is_where_its_first_kubeconfig_says(cloud: Cloud, file: str) -> None:
    cloud.answer(RESOURCE, {"properties": {"aadProfile": {"managed": True}}})
    listed = [kubeconfig("https://one.azmk8s.io:443"), kubeconfig("https://two.azmk8s.io")]
    cloud.answer(f"{RESOURCE}/listClusterUserCredential", {"kubeconfigs": listed})
    found = azure(cloud, AZURE_ENVIRONMENT_FILEPATH=file)
    assert await found.locate(spec(), lend) == ("https://one.azmk8s.io:443", b"CA of https://one.azmk8s.io:443")
    assert await found.locate(spec(address="TWO.azmk8s.io"), lend) == (
        "https://two.azmk8s.io:443",
        b"CA of https://two.azmk8s.io",
    )
    assert cloud.asked[:2] == [f"GET {RESOURCE}", f"POST {RESOURCE}/listClusterUserCredential"]
    assert cloud.headers[0]["Authorization"] == "Bearer for https://arm/.default"


async def test_an_address_that_is_none_of_the_clusters_is_refused(cloud: Cloud, file: str) -> None:
    cloud.answer(RESOURCE, {"properties": {"aadProfile": {"managed": True}}})
    cloud.answer(f"{RESOURCE}/listClusterUserCredential", {"kubeconfigs": [kubeconfig("https://one.azmk8s.io")]})
    text = "matching the specified address 'other.example'. cluster addresses: \\['https://one.azmk8s.io:443'\\]"
    with pytest.raises(auth.AuthError, match=text):
        await azure(cloud, AZURE_ENVIRONMENT_FILEPATH=file).locate(spec(address="other.example"), lend)


async def test_a_cluster_without_entra_id_is_refused(cloud: Cloud, file: str) -> None:
    cloud.answer(RESOURCE, {"properties": {}})
    with pytest.raises(auth.AuthError, match="does not have Microsoft Entra ID integration enabled"):
        await azure(cloud, AZURE_ENVIRONMENT_FILEPATH=file).locate(spec(), lend)


async def test_the_token_is_for_aks_alone(cloud: Cloud) -> None:
    assert (await azure(cloud).bearer(spec(), lend)).token == f"for {AKS}"


@pytest.mark.parametrize("resource", ["", "/subscriptions/x", RESOURCE + "/../other", RESOURCE + "?x=y/"])
async def test_what_is_no_cluster_is_not_asked_for(cloud: Cloud, file: str, resource: str) -> None:
    wrong = auth.ClusterSpec(provider="azure", namespace="apps", resource=resource)
    with pytest.raises(auth.AuthError, match="invalid AKS cluster ID"):
        await azure(cloud, AZURE_ENVIRONMENT_FILEPATH=file).locate(wrong, lend)
    assert cloud.asked == []
