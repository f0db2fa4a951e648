"""AWS: roles by web identity, the pod's own identity, EKS clusters."""

from __future__ import annotations

import base64
import pathlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.auth.conftest import Cloud, account, minted

from sluice import aio, auth

ROLE = "arn:aws:iam::123456789012:role/reader"
CLUSTER = "arn:aws:eks:eu-west-1:123456789012:cluster/prod"
SESSION = {"aws_access_key_id": "ASIA", "aws_secret_access_key": "s", "aws_session_token": "t"}
ASSUMED = (
    "<R><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></R>"
)


def aws(cloud: Cloud, **environment: str) -> auth.AWS:
    return auth.AWS(cloud.asker, aio.VirtualClock(), {"AWS_ENDPOINT_URL": cloud.url, **environment})


def spec(**more: Any) -> auth.ClusterSpec:
    return auth.ClusterSpec(provider="aws", namespace="apps", resource=CLUSTER, **more)


async def lend(scope: str) -> auth.Credential:
    assert scope == "eu-west-1"
    return auth.Credential(values=SESSION, expires=datetime(2026, 1, 1, 1, tzinfo=UTC))


async def test_the_accounts_token_is_exchanged_for_a_session_of_its_role(cloud: Cloud) -> None:
    cloud.answer_text("/", ASSUMED)
    found = await aws(cloud).exchange(
        minted(aio.VirtualClock()), account(**{"eks.amazonaws.com/role-arn": ROLE}), "eu-west-1"
    )
    assert found.values == SESSION
    assert found.expires == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert cloud.bodies == [
        {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": ROLE,
            "RoleSessionName": "reader.apps.eu-west-1.fluxcd.io",
            "WebIdentityToken": "of-account",
        }
    ]


async def test_what_sts_says_is_told_without_the_token(cloud: Cloud) -> None:
    error = (
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no of-account here</Message></Error></ErrorResponse>"
    )
    cloud.answer_text("/", error, 403)
    with pytest.raises(auth.AuthError, match=r"403 AccessDenied: no \*\*\* here$") as caught:
        await aws(cloud).exchange(
            minted(aio.VirtualClock()), account(**{"eks.amazonaws.com/role-arn": ROLE}), "eu-west-1"
        )
    assert "of-account" not in str(caught.value)


async def test_a_session_name_is_never_longer_than_aws_allows(cloud: Cloud) -> None:
    cloud.answer_text("/", ASSUMED)
    long = auth.Account(namespace="n" * 60, name="a" * 60, annotations={"eks.amazonaws.com/role-arn": ROLE})
    await aws(cloud).exchange(minted(aio.VirtualClock()), long, "eu-west-1")
    assert len(cloud.bodies[0]["RoleSessionName"]) == 64


async def test_the_pods_web_identity_is_the_controllers_own(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    cloud.answer_text("/", ASSUMED)
    file = tmp_path / "token"
    file.write_text("of-pod\n")
    own = aws(cloud, AWS_WEB_IDENTITY_TOKEN_FILE=str(file), AWS_ROLE_ARN=ROLE)
    assert (await own.own("eu-west-1", ())).values == SESSION
    assert cloud.bodies[0]["WebIdentityToken"] == "of-pod"


async def test_pod_identity_is_the_controllers_own(cloud: Cloud, tmp_path: pathlib.Path) -> None:
    given = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-01-01T01:00:00Z"}
    cloud.answer("/v1/credentials", given)
    file = tmp_path / "token"
    file.write_text("of-pod\n")
    own = aws(
        cloud,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{cloud.url}/v1/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file),
    )
    assert (await own.own("eu-west-1", ())).values == SESSION
    assert cloud.headers[0]["Authorization"] == "of-pod"


async def test_a_controller_without_an_identity_says_so(cloud: Cloud) -> None:
    with pytest.raises(auth.AuthError, match="no identity of AWS"):
        await aws(cloud).own("eu-west-1", ())


async def test_a_cluster_is_where_eks_says(cloud: Cloud) -> None:
    described = {"endpoint": "https://ABC.eks.amazonaws.com", "certificateAuthority": {"data": "Q0E="}}
    cloud.answer("/clusters/prod", {"cluster": described})
    assert await aws(cloud).locate(spec(), lend) == ("https://abc.eks.amazonaws.com:443", b"CA")
    assert "Credential=ASIA/20260101/eu-west-1/eks/aws4_request" in cloud.headers[0]["Authorization"]


async def test_what_is_said_of_a_cluster_is_not_asked_for(cloud: Cloud) -> None:
    assert await aws(cloud).locate(spec(address="10.0.0.1:6443", authority="CA"), lend) == (
        "https://10.0.0.1:6443",
        b"CA",
    )
    assert cloud.asked == []


@pytest.mark.parametrize("answer", [{"cluster": {}}, {}, {"cluster": {"endpoint": "https://a"}}])
async def test_a_cluster_that_is_still_being_made_is_told(cloud: Cloud, answer: dict[str, object]) -> None:
    cloud.answer("/clusters/prod", answer)
    with pytest.raises(auth.AuthError, match=f"failed to describe EKS cluster '{CLUSTER}'"):
        await aws(cloud).locate(spec(), lend)


async def test_the_token_for_eks_is_a_presigned_question_who_asks(cloud: Cloud) -> None:
    found = await aws(cloud).bearer(spec(), lend)
    prefix, _, text = found.token.partition(".")
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    assert prefix == "k8s-aws-v1"
    assert url.startswith(f"{cloud.url}/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=")
    assert found.expires - datetime(2026, 1, 1, tzinfo=UTC) == timedelta(minutes=15)
    assert cloud.asked == []


@pytest.mark.parametrize("arn", ["", "prod", "arn:aws:eks:evil.example/:1:cluster/a", "arn:aws:eks:a b:1:cluster/a"])
async def test_no_cluster_leads_to_a_host_of_its_own_choice(cloud: Cloud, arn: str) -> None:
    wrong = auth.ClusterSpec(provider="aws", namespace="apps", resource=arn)
    with pytest.raises(auth.AuthError, match="invalid"):
        await aws(cloud).bearer(wrong, lend)
