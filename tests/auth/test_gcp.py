"""Google Cloud: workload identity federation, service accounts, GKE clusters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.auth.conftest import Cloud, account, minted

from sluice import aio, auth

POOL = "projects/1/locations/global/workloadIdentityPools/pool/providers/provider"
EMAIL = "reader@project.iam.gserviceaccount.com"
OUTSIDE = {"gcp.auth.fluxcd.io/workload-identity-provider": POOL}
RESOURCE = "projects/p/locations/l/clusters/c"
PLATFORM = "https://www.googleapis.com/auth/cloud-platform"


def gcp(cloud: Cloud) -> auth.GCP:
    names = ("STS", "IAMCREDENTIALS", "CONTAINER")
    environment = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": cloud.url for name in names}
    host = cloud.url.removeprefix("http://")
    return auth.GCP(cloud.asker, aio.VirtualClock(), {**environment, "GCE_METADATA_HOST": host})


def spec(**more: Any) -> auth.ClusterSpec:
    return auth.ClusterSpec(provider="gcp", namespace="apps", resource=RESOURCE, **more)


async def lend(scope: str) -> auth.Credential:
    return auth.Credential.bearer("T", datetime(2026, 1, 1, 1, tzinfo=UTC))


def gke(cloud: Cloud) -> None:
    cloud.answer_text("/computeMetadata/v1/project/project-id", "p\n")
    cloud.answer_text("/computeMetadata/v1/instance/attributes/cluster-location", "l")
    cloud.answer_text("/computeMetadata/v1/instance/attributes/cluster-name", "c")


async def test_a_federated_identity_is_given_a_token(cloud: Cloud) -> None:
    cloud.answer("/v1/token", {"access_token": "T", "expires_in": 3600})
    who = account(**OUTSIDE)
    assert await gcp(cloud).audiences(who) == (f"//iam.googleapis.com/{POOL}",)
    found = await gcp(cloud).exchange(minted(aio.VirtualClock()), who, "")
    assert found.token == "T"
    assert found.expires == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert cloud.bodies == [
        {
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": f"//iam.googleapis.com/{POOL}",
            "scope": f"{PLATFORM} https://www.googleapis.com/auth/userinfo.email",
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "subjectToken": "of-account",
            "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
        }
    ]


async def test_it_may_act_as_a_service_account(cloud: Cloud) -> None:
    cloud.answer("/v1/token", {"access_token": "federated", "expires_in": 3600})
    path = f"/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
    cloud.answer(path, {"accessToken": "T", "expireTime": "2026-01-01T01:00:00Z"})
    who = account(**OUTSIDE, **{"iam.gke.io/gcp-service-account": EMAIL})
    found = await gcp(cloud).exchange(minted(aio.VirtualClock()), who, "")
    assert found.token == "T"
    assert cloud.asked == ["POST /v1/token", f"POST {path}"]
    assert cloud.headers[1]["Authorization"] == "Bearer federated"
    assert cloud.bodies[0]["scope"] == PLATFORM


async def test_on_gke_the_cluster_itself_is_the_pool(cloud: Cloud) -> None:
    gke(cloud)
    cloud.answer("/v1/token", {"access_token": "T", "expires_in": 3600})
    assert await gcp(cloud).audiences(account()) == ("p.svc.id.goog",)
    await gcp(cloud).exchange(minted(aio.VirtualClock()), account(), "")
    cluster = "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c"
    assert cloud.bodies[-1]["audience"] == f"identitynamespace:p.svc.id.goog:{cluster}"


async def test_elsewhere_an_account_without_a_pool_is_told(cloud: Cloud) -> None:
    with pytest.raises(auth.AuthError, match="failed to get GKE cluster project/project-id from the metadata service"):
        await gcp(cloud).audiences(account())


@pytest.mark.parametrize(
    "annotations",
    [
        {"iam.gke.io/gcp-service-account": "x@evil.example"},
        {"iam.gke.io/gcp-service-account": "a/b@p.iam.gserviceaccount.com"},
        {"gcp.auth.fluxcd.io/workload-identity-provider": "projects/x"},
    ],
)
def test_annotations_that_name_nobody_are_refused(cloud: Cloud, annotations: dict[str, str]) -> None:
    with pytest.raises(auth.AuthError, match=r"invalid .* annotation: '.*'\. must match"):
        gcp(cloud).identity(account(**annotations))


async def test_the_metadata_server_gives_the_controllers_own(cloud: Cloud) -> None:
    cloud.answer("/computeMetadata/v1/instance/service-accounts/default/token", {"access_token": "T", "expires_in": 60})
    assert (await gcp(cloud).own("", ())).token == "T"
    assert cloud.headers[0]["Metadata-Flavor"] == "Google"


async def test_a_cluster_is_where_gke_says(cloud: Cloud) -> None:
    cloud.answer(f"/v1/{RESOURCE}", {"endpoint": "10.1.2.3", "masterAuth": {"clusterCaCertificate": "Q0E="}})
    assert await gcp(cloud).locate(spec(), lend) == ("https://10.1.2.3:443", b"CA")
    assert cloud.headers[0]["Authorization"] == "Bearer T"
    assert (await gcp(cloud).bearer(spec(), lend)).token == "T"


async def test_what_gke_says_is_told(cloud: Cloud) -> None:
    cloud.answer(f"/v1/{RESOURCE}", {"error": {"code": 403, "message": "no T", "status": "PERMISSION_DENIED"}}, 403)
    text = f"failed to describe GKE cluster '{RESOURCE}': .* 403 PERMISSION_DENIED: no \\*\\*\\*$"
    with pytest.raises(auth.AuthError, match=text):
        await gcp(cloud).locate(spec(), lend)
